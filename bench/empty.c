/*
 * empty.c - does nothing: linked with the libraries of inventory-manager it is what a start costs
 * at least.
 */
int
main(void)
{
    return 0;
}
