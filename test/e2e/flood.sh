# flood.sh - many hosts of the synthetic fleet that say a lot; sourced after fleet.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# flood_project HOSTS WORKERS [LINE...]: the environment `many`, h0000 and so on; lines of config.yml.
flood_project() {
    local hosts=$1 n
    mkdir -p "$rig" "$project/inventory/many"
    [ -e "$rig/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C demo -f "$rig/id_ed25519"
    serve --synthetic --addresses "$(for ((n = 0; n * 250 < hosts; n++)); do printf '127.30.%d.1-250,' "$n"; done | sed 's/,$//')"
    shift
    printf 'max_parallel_workers: %s\n' "$1" >"$project/inventory/many/config.yml"
    shift
    printf '%s\n' "$@" >>"$project/inventory/many/config.yml"
    cp "$rig/known_hosts" "$project/inventory/many/known_hosts"
    {
        printf 'all:\n  vars: {ansible_port: %s, ansible_user: demo, ansible_ssh_private_key_file: %s}\n  hosts:\n' \
            "$port" "$rig/id_ed25519"
        for ((n = 0; n < hosts; n++)); do
            printf '    h%04d: {ansible_host: 127.30.%d.%d}\n' "$n" $((n / 250)) $((n % 250 + 1))
        done
    } >"$project/inventory/many/hosts.yml"
}
