// Published test vectors, which are not part of the project.

public import Foundation

public enum Vectors {
    /// A folder of vectors; nil where there is none. It is looked for in the folder that `STRONGROOM_VECTORS` names, where it has
    /// to be, or else in `shared/vectors` beside the project.
    public static func folder(_ name: String) throws -> URL? {
        let variable = ProcessInfo.processInfo.environment["STRONGROOM_VECTORS"] ?? ""
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let all =
            variable.isEmpty
            ? project.deletingLastPathComponent().appendingPathComponent("shared/vectors")
            : URL(fileURLWithPath: variable)
        let folder = all.appendingPathComponent(name)
        if FileManager.default.fileExists(atPath: folder.path) { return folder }
        guard variable.isEmpty else { throw TestError("there are no vectors at \(folder.path)") }
        return nil
    }
}
