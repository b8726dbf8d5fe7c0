// A whole file of bounded length.

internal import Glibc

extension ByteBuffer {
    /// Nil, with `errno`, where it cannot be read or is longer than `limit`.
    public static func ofFile(_ path: String, limit: Int) -> ByteBuffer? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return rest(of: file, limit: limit)
    }

    /// What is still to be read of a descriptor. Nil, with `errno`, where it cannot be read or is longer than `limit`.
    public static func rest(of file: Int32, limit: Int) -> ByteBuffer? {
        let bytes = ByteBuffer(minimumCapacity: min(limit + 1, 65_536))
        while bytes.count <= limit {
            var count = 0
            bytes.append(room: min(limit + 1 - bytes.count, max(bytes.count, 65_536))) { room in
                count = Glibc.read(file, room.baseAddress, room.count)
                return max(count, 0)
            }
            if count == 0 { return bytes }
            if count < 0 && errno != EINTR { return nil }
        }
        errno = EFBIG
        return nil
    }
}
