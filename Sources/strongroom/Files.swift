// Files by their paths: a whole one, of bounded length, and the folder that it is in.

internal import Bytes
internal import Glibc

/// Nil, with `errno`, where it cannot be read or is longer than `limit`.
func readFile(_ path: String, limit: Int) -> ByteBuffer? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let bytes = ByteBuffer(minimumCapacity: limit + 1)
    while bytes.count <= limit {
        var count = 0
        bytes.append(room: limit + 1 - bytes.count) { room in
            count = Glibc.read(file, room.baseAddress, room.count)
            return count
        }
        if count == 0 { return bytes }
        if count < 0 { return nil }
    }
    errno = EFBIG
    return nil
}

/// The folder that a file is in.
func folder(of file: String) -> String {
    file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
}
