// Lets the nth call of one function of the system fail; for LD_PRELOAD. FAIL_CALL names the function, FAIL_AT the call from
// 1, FAIL_ERRNO the error. The file FAIL_NOTE is created when it happens.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// The error of this call; 0 where it goes on.
static int failing(const char *name) {
    static int calls = 0;
    const char *wanted = getenv("FAIL_CALL");
    if (!wanted || strcmp(wanted, name) != 0)
        return 0;
    if (__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) != atoi(getenv("FAIL_AT")))
        return 0;
    long note = syscall(SYS_openat, AT_FDCWD, getenv("FAIL_NOTE"), O_CREAT | O_WRONLY, 0600);
    syscall(SYS_close, note);
    return atoi(getenv("FAIL_ERRNO"));
}

#define REPLACE(result, name, parameters, arguments)                                                                       \
    extern "C" result name parameters {                                                                                    \
        typedef result(*function) parameters;                                                                              \
        static function real = (function)dlsym(RTLD_NEXT, #name);                                                          \
        if (int error = failing(#name)) {                                                                                  \
            errno = error;                                                                                                 \
            return -1;                                                                                                     \
        }                                                                                                                  \
        return real arguments;                                                                                             \
    }

REPLACE(ssize_t, read, (int fd, void *to, size_t n), (fd, to, n))
REPLACE(ssize_t, write, (int fd, const void *from, size_t n), (fd, from, n))
REPLACE(ssize_t, writev, (int fd, const struct iovec *from, int n), (fd, from, n))
REPLACE(int, fsync, (int fd), (fd))
REPLACE(int, fdatasync, (int fd), (fd))
REPLACE(int, flock, (int fd, int how), (fd, how))
REPLACE(int, rename, (const char *from, const char *to), (from, to))
REPLACE(int, unlink, (const char *path), (path))
REPLACE(int, mkdir, (const char *path, mode_t mode), (path, mode))
REPLACE(int, ftruncate64, (int fd, off64_t n), (fd, n))
REPLACE(off64_t, lseek64, (int fd, off64_t n, int from), (fd, n, from))
REPLACE(int, fstat64, (int fd, struct stat64 *to), (fd, to))
REPLACE(int, stat64, (const char *path, struct stat64 *to), (path, to))
REPLACE(int, lstat64, (const char *path, struct stat64 *to), (path, to))
REPLACE(int, statx, (int fd, const char *path, int flags, unsigned mask, struct statx *to), (fd, path, flags, mask, to))
REPLACE(int, isatty, (int fd), (fd))
REPLACE(int, sigaction, (int n, const struct sigaction *to, struct sigaction *from), (n, to, from))
REPLACE(int, clock_gettime, (clockid_t clock, struct timespec *to), (clock, to))
REPLACE(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
REPLACE(int, connect, (int fd, const struct sockaddr *to, socklen_t n), (fd, to, n))
REPLACE(ssize_t, send, (int fd, const void *from, size_t n, int flags), (fd, from, n, flags))
REPLACE(ssize_t, recv, (int fd, void *to, size_t n, int flags), (fd, to, n, flags))
REPLACE(int, poll, (struct pollfd *all, nfds_t n, int ms), (all, n, ms))
REPLACE(int, getsockname, (int fd, struct sockaddr *to, socklen_t *n), (fd, to, n))
REPLACE(int, getpeername, (int fd, struct sockaddr *to, socklen_t *n), (fd, to, n))
REPLACE(int, setsockopt, (int fd, int level, int name, const void *from, socklen_t n), (fd, level, name, from, n))
REPLACE(int, getsockopt, (int fd, int level, int name, void *to, socklen_t *n), (fd, level, name, to, n))
REPLACE(ssize_t, sendto, (int fd, const void *from, size_t n, int flags, const struct sockaddr *to, socklen_t m), (fd, from, n, flags, to, m))
REPLACE(ssize_t, recvfrom, (int fd, void *to, size_t n, int flags, struct sockaddr *from, socklen_t *m), (fd, to, n, flags, from, m))
REPLACE(ssize_t, getrandom, (void *to, size_t n, unsigned flags), (to, n, flags))
REPLACE(ssize_t, readlink, (const char *path, char *to, size_t n), (path, to, n))
REPLACE(int, linkat, (int at, const char *from, int to_at, const char *to, int flags), (at, from, to_at, to, flags))
REPLACE(int, unlinkat, (int at, const char *path, int flags), (at, path, flags))
REPLACE(int, fchmod, (int fd, mode_t mode), (fd, mode))
REPLACE(int, fstatat64, (int at, const char *path, struct stat64 *to, int flags), (at, path, to, flags))
REPLACE(int, dup, (int fd), (fd))
REPLACE(int, pipe2, (int *both, int flags), (both, flags))
REPLACE(int, socketpair, (int domain, int type, int protocol, int *both), (domain, type, protocol, both))

// Returns its error.
extern "C" int pthread_create(pthread_t *to, const pthread_attr_t *with, void *(*run)(void *), void *given) {
    typedef int (*function)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    static function real = (function)dlsym(RTLD_NEXT, "pthread_create");
    int error = failing("pthread_create");
    return error ? error : real(to, with, run, given);
}

// One argument behind `last` is passed on, whether it is there or not.
#define REPLACE_VARIADIC(name, parameters, last, arguments)                                                                \
    extern "C" int name parameters {                                                                                       \
        va_list rest;                                                                                                      \
        va_start(rest, last);                                                                                              \
        void *one = va_arg(rest, void *);                                                                                  \
        va_end(rest);                                                                                                      \
        typedef int (*function)(...);                                                                                      \
        static function real = (function)dlsym(RTLD_NEXT, #name);                                                          \
        if (int error = failing(#name)) {                                                                                  \
            errno = error;                                                                                                 \
            return -1;                                                                                                     \
        }                                                                                                                  \
        return real arguments;                                                                                             \
    }

REPLACE_VARIADIC(open64, (const char *path, int flags, ...), flags, (path, flags, one))
REPLACE_VARIADIC(openat64, (int at, const char *path, int flags, ...), flags, (at, path, flags, one))
REPLACE_VARIADIC(fcntl, (int fd, int command, ...), command, (fd, command, one))
REPLACE_VARIADIC(ioctl, (int fd, unsigned long command, ...), command, (fd, command, one))
