/*
 * sshconfig.c - the answer of ssh_config for one destination.
 *
 * Owns what struct sshconfig_options holds.
 */
#include "ssh/sshconfig.h"

#include <stdlib.h>

void
sshconfig_options_release(struct sshconfig_options *o)
{
    free(o->hostname);
    free(o->user);
    strv_clear(&o->identity_files);
    strv_clear(&o->certificate_files);
    free(o->identity_agent);
    free(o->proxy_jump);
    free(o->proxy_command);
    strv_clear(&o->user_known_hosts);
    strv_clear(&o->global_known_hosts);
    free(o->host_key_alias);
    free(o->host_key_algorithms);
    free(o->kex);
    free(o->ciphers);
    free(o->macs);
    free(o->pubkey_algorithms);
    free(o->bind_address);
    *o = (struct sshconfig_options){0};
}
