"""The loops as Python calls them, and the kernel's structures that they fill; through cffi's ABI mode.

Without a C compiler there are no loops (`library` is None), and the modules that would call them do the same in Python.
"""

import importlib
from typing import Any

from cffi import FFI

from signaling import native

KERNEL = """
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                void *msg_control; size_t msg_controllen; int msg_flags; };
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
"""
OPENSSL = """
const void *EVP_sha1(void);
unsigned char *HMAC(const void *kind, const void *key, int key_size, const unsigned char *message, size_t size,
                    unsigned char *digest, unsigned int *digest_size);
"""

ffi: Any = FFI()
ffi.cdef(KERNEL + OPENSSL)
ffi.cdef((native.LOOPS / "structures.h").read_text())
kernel: Any = ffi.dlopen(None)


def _library() -> Any:
    found = native.loops()
    return None if found is None else ffi.dlopen(str(found))


def _digest() -> tuple[Any, Any]:
    """Return where HMAC and its SHA-1 lie, in the OpenSSL that Python's hashlib uses; nowhere if it is built in."""
    try:
        openssl = ffi.dlopen(importlib.import_module("_hashlib").__file__)
        return ffi.cast("void *", openssl.HMAC), openssl.EVP_sha1()
    except (ImportError, AttributeError, OSError):
        return ffi.NULL, ffi.NULL


library: Any = _library()
hmac, sha1 = _digest()


def address(memory: Any) -> int:
    """Return where cffi's memory lies."""
    return int(ffi.cast("uintptr_t", memory))
