"""The tools that inventory-manager is compared with: how each is called, what it says of failures, its hosts."""
