# SPDX-License-Identifier: BSD-2-Clause
"""A small vmlinux with relocations, bzImages around a payload in any compression, and XXH64, all made here."""
import random
import struct
import subprocess

PAGE = 4096
LINK = 0x1000000
MAP = 0xffffffff80000000
TEXT, DATA, INIT = 0, 2 << 20, 4 << 20  # offsets in the image
BSS = 0x31000
INVERSE_32, RELOCATIONS_32 = range(0x40, 0x4000, 0x64), range(0x4000, 0x9000, 0x28)
# alone, so many behind each other that a unit cannot tell them all, and one at an odd address
RELOCATIONS_64 = [*range(DATA, DATA + 0x3000, 24), *range(DATA + 0x3000, DATA + 0x3320, 8), DATA + 0x5003]


def content(size, seed):
    """Half of it compresses well, and there are zero pages."""
    generator = random.Random(seed)
    pages = [generator.randbytes(PAGE) if generator.random() < 0.5 else b"kernel text " * 341 + bytes(4)
             for _ in range(size // PAGE)]
    pages[3] = bytes(PAGE)
    return b"".join(pages)


def relocation_lists(inverse):
    """What Linux's build appends to the ELF: lists of virtual addresses, cut to 32 bits, each behind a 0."""
    lists = [RELOCATIONS_64, *([INVERSE_32] if inverse else []), RELOCATIONS_32]
    return b"".join(struct.pack(f"<i{len(offsets)}i", 0, *(MAP + LINK + offset - 2**64 for offset in offsets))
                    for offsets in lists)


def vmlinux(inverse=True, relocations=True):
    """Text, data, what is thrown away with bss behind it: as a kernel's build makes it, in small."""
    segments = [(TEXT, content(0x60000, 1), 0, 5), (DATA, content(0x40000, 2) + bytes(0x28000) + content(0x18000, 4), 0, 6),
                (INIT, content(0x20000, 3) + bytes(0x1234), BSS, 7)]
    table = contents = b""
    offset = 0x1000
    for place, data, bss, flags in segments:
        contents = contents.ljust(offset - 0x1000, b"\0")
        table += struct.pack("<IIQQQQQQ", 1, flags, offset, MAP + LINK + place, LINK + place, len(data), len(data) + bss,
                             0x200000)
        contents += data
        offset += len(data) + -len(data) % PAGE
    header = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 2, 62, 1, LINK, 64, 0, 0, 64, 56, 3, 64, 0, 0)
    return (header + table).ljust(PAGE, b"\0") + contents + (relocation_lists(inverse) if relocations else b"")


def bzimage(payload, version=b"6.1.0-small (test@test) #1 SMP"):
    setup = bytearray(5 * 512)
    struct.pack_into("<B", setup, 0x1f1, 4)
    protected = bytearray(0x2c0) + payload + bytes(-len(payload) % 16 + 64)
    struct.pack_into("<I", setup, 0x1f4, -(-len(protected) // 16))
    protected = protected.ljust(-(-len(protected) // 16) * 16, b"\0")
    struct.pack_into("<HH4sH", setup, 0x1fe, 0xaa55, 0x6aeb, b"HdrS", 0x20f)
    struct.pack_into("<H", setup, 0x20e, 0x300 - 0x200)
    setup[0x300:0x300 + len(version) + 1] = version + b"\0"
    struct.pack_into("<BB", setup, 0x210, 0, 1)
    struct.pack_into("<IIBBHI", setup, 0x22c, 0x7fffffff, 0x200000, 1, 21, 0x7f, 2047)
    struct.pack_into("<II", setup, 0x248, 0x2c0, len(payload))
    struct.pack_into("<QI", setup, 0x258, LINK, 64 << 20)
    return bytes(setup + protected)


# name -> (the tool as Linux's build calls it, in a fast setting; whether the size is appended behind its output)
METHODS = {"gzip": (["gzip", "-n", "-c", "-3"], False), "bzip2": (["bzip2", "-c", "-1"], True),
           "lzma": (["xz", "-c", "--format=lzma", "-0"], True),
           "xz": (["xz", "-c", "--check=crc32", "--x86", "--lzma2=preset=0"], True),
           "lzo": (["lzop", "-c", "-1"], True), "lz4": (["lz4", "-l", "-c", "-1"], True),
           "zstd": (["zstd", "-c", "-1", "-q"], True), "no": (None, False)}


def packed(data, method):
    command, sized = METHODS[method]
    if not command:
        return data
    made = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout
    return made + (struct.pack("<I", len(data)) if sized else b"")


def rotate(value, bits):
    return (value << bits | value >> (64 - bits)) % 2**64


def xxh64(data):
    p1, p2, p3 = 0x9e3779b185ebca87, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9
    p4, p5 = 0x85ebca77c2b2ae63, 0x27d4eb2f165667c5
    m = 2**64

    def mix(lane, word):
        return rotate((lane + word * p2) % m, 31) * p1 % m

    lanes = [(p1 + p2) % m, p2, 0, -p1 % m]
    done = 0
    for words in struct.iter_unpack("<4Q", data[:len(data) // 32 * 32]):
        lanes = [mix(lane, word) for lane, word in zip(lanes, words)]
        done += 32
    value = p5
    if done:
        value = sum(rotate(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18))) % m
        for lane in lanes:
            value = ((value ^ mix(0, lane)) * p1 + p4) % m
    value = (value + len(data)) % m
    while len(data) - done >= 8:
        value = (rotate(value ^ mix(0, struct.unpack_from("<Q", data, done)[0]), 27) * p1 + p4) % m
        done += 8
    if len(data) - done >= 4:
        value = (rotate(value ^ struct.unpack_from("<I", data, done)[0] * p1 % m, 23) * p2 + p3) % m
        done += 4
    for byte in data[done:]:
        value = rotate(value ^ byte * p5 % m, 11) * p1 % m
    value = (value ^ value >> 33) * p2 % m
    value = (value ^ value >> 29) * p3 % m
    return value ^ value >> 32


def sealed(prepared):
    """A prepared kernel with the digest that its changed head has."""
    head_size, = struct.unpack_from("<I", prepared, 12)
    return prepared[:0x10] + struct.pack("<Q", xxh64(prepared[0x38:head_size])) + prepared[0x18:]
