// The client's configuration file, which spares flags, and where a token of a login lies.

internal import Bytes
internal import Glibc
internal import JSON

/// `client.json` in the user's configuration folder, or what STRONGROOM_CLIENT_CONFIG names: an object of strings. Nothing in it is
/// secret.
struct ClientSettings {
    static let members: Set<String> = ["address", "ca", "certificate", "certificate_key", "token_file"]

    private var values: [String: String] = [:]

    subscript(name: String) -> String? { values[name] }

    /// $XDG_CONFIG_HOME/strongroom, or ~/.config/strongroom; nil for a user without a home.
    static var folder: String? {
        let environment = OptionSources.processEnvironment
        if let folder = environment("XDG_CONFIG_HOME"), folder.hasPrefix("/") { return folder + "/strongroom" }
        return environment("HOME").flatMap { $0.hasPrefix("/") ? $0 + "/.config/strongroom" : nil }
    }

    static var tokenFile: String? { folder.map { $0 + "/token" } }

    static func read() throws(ServiceClientError) -> ClientSettings {
        var settings = ClientSettings()
        let named = OptionSources.processEnvironment("STRONGROOM_CLIENT_CONFIG")
        guard let path = named ?? folder.map({ $0 + "/client.json" }) else { return settings }
        guard let text = ByteBuffer.ofFile(path, limit: 65_536) else {
            guard named == nil, errno == ENOENT else {
                throw ServiceClientError("\(path): \(String(cString: strerror(errno)))")
            }
            return settings
        }
        guard let document = try? JSONDocument.parse(text.bytes), document.root.kind == .object else {
            throw ServiceClientError("\(path): is not a JSON object, with each member once")
        }
        try document.root.forEachMember { name, value throws(ServiceClientError) in
            let name = String(decoding: name, as: UTF8.self)
            guard members.contains(name) else {
                let meant = nearestName(to: name, in: members).map { ": is \($0) meant?" } ?? ""
                throw ServiceClientError("\(path): has a member that is no setting: \(name.prefix(64))\(meant)")
            }
            guard let text = value.string else { throw ServiceClientError("\(path): \(name) must be a string") }
            settings.values[name] = text
        }
        return settings
    }
}
