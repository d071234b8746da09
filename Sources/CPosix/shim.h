// Linux calls that Glibc's Swift module does not import; nothing else lives here.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

// O_PATH is a GNU extension that Glibc's Swift module hides.
static const int HAVRE_O_PATH = __O_PATH;

// openat2(2), Linux 5.6: opens beneath a directory, through no symbolic link at all.
static inline int havre_openat_beneath(int directory, const char *path, int flags) {
    struct open_how how = {
        .flags = (unsigned long long)(unsigned int)flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// renameat2(2) with RENAME_NOREPLACE: EEXIST where the new name is taken.
static inline int havre_rename_noreplace(int old_directory, const char *old_name, int directory, const char *name) {
    return (int)syscall(SYS_renameat2, old_directory, old_name, directory, name, 1u);
}

// copy_file_range(2): shares blocks where the file system can, else copies inside the kernel.
static inline ssize_t havre_copy_range(int from, off_t from_offset, int to, off_t to_offset, size_t count) {
    long long in = from_offset, out = to_offset;
    return (ssize_t)syscall(SYS_copy_file_range, from, &in, to, &out, count, 0u);
}

// prctl is variadic.
static inline int havre_forbid_core_and_ptrace(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
