/*
 * secrets.h - what is secret leaves the environment before any child could inherit it.
 */
#ifndef CLI_SECRETS_H
#define CLI_SECRETS_H

/* Wipe and remove every secret of environ; call it before the first fork.  The name of the first
 * that was given, or NULL; one that is empty was not given. */
const char *secrets_take(void);

#endif
