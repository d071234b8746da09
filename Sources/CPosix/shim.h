// Linux calls that Glibc's Swift module does not import; nothing else lives here.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/xattr.h>
#include <sys/mman.h>

// prctl is variadic.
static inline int havre_forbid_core_and_ptrace(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
