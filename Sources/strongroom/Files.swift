// The folders that files are in, by their paths.

internal import Glibc

/// The folder that a file is in.
func folder(of file: String) -> String {
    file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
}

/// Where files are, and where they point to: a renewed one is another file in the same folder.
func readableFolders(of files: [String]) -> [String] {
    files.flatMap { file in
        guard let text = realpath(file, nil) else { return [folder(of: file)] }
        defer { free(text) }
        return [folder(of: file), folder(of: String(cString: text))]
    }
}
