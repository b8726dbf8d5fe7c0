// The project's own files, as text, for rules about them.

import Foundation

enum Tree {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct File {
        /// Relative to the project.
        let path: String
        let lines: [String]
    }

    /// The files below a folder whose names end so.
    static func files(_ folder: String, _ endings: [String]) throws -> [File] {
        let base = root.appendingPathComponent(folder)
        guard let found = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else { return [] }
        return try found.compactMap { item in
            guard let url = item as? URL, endings.contains(url.pathExtension), !url.path.contains("/target/") else {
                return nil
            }
            return File(path: String(url.path.dropFirst(root.path.count + 1)), lines: try text(url).lines)
        }
    }

    static func text(_ path: String) throws -> String { try text(root.appendingPathComponent(path)) }

    private static func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }
}

extension String {
    var lines: [String] { split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
}
