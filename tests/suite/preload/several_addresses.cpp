// Resolves every name to the addresses in ADDRESSES, which commas separate; for LD_PRELOAD.

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

extern "C" int getaddrinfo(const char *, const char *, const struct addrinfo *, struct addrinfo **all) {
    char *list = strdup(getenv("ADDRESSES")), *rest = list, *address;
    *all = NULL;
    struct addrinfo **next = all;
    while ((address = strsep(&rest, ",")) != NULL) {
        // In one piece, as freeaddrinfo expects it.
        struct addrinfo *info = (struct addrinfo *)calloc(1, sizeof *info + sizeof(struct sockaddr_in));
        struct sockaddr_in *socket_address = (struct sockaddr_in *)(info + 1);
        socket_address->sin_family = AF_INET;
        inet_pton(AF_INET, address, &socket_address->sin_addr);
        info->ai_family = AF_INET;
        info->ai_socktype = SOCK_STREAM;
        info->ai_addrlen = sizeof *socket_address;
        info->ai_addr = (struct sockaddr *)socket_address;
        *next = info;
        next = &info->ai_next;
    }
    free(list);
    return 0;
}
