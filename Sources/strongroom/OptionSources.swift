// Where options come from, in the order in which they win: flags, environment, configuration file.

internal import Bytes
internal import Glibc
internal import JSON

/// An option that was given badly: its name as it was given, and what is wrong. Never its value.
struct ConfigurationError: Error, CustomStringConvertible {
    let source: String
    let reason: String

    var description: String { "\(source): \(reason)" }
}

struct OptionSources {
    private let flags: [String: String]
    private let file: [String: String]
    private let filePath: String
    private let environment: (String) -> String?

    /// - Parameter flags: by option name, `idle-seconds`.
    init(
        flags: [String: String], environment: @escaping (String) -> String? = OptionSources.processEnvironment
    ) throws(ConfigurationError) {
        self.flags = flags
        self.environment = environment
        filePath = flags["config"] ?? environment("STRONGROOM_CONFIG") ?? ""
        file = filePath.isEmpty ? [:] : try Self.read(filePath)
    }

    /// An option's value and the name of where it was given; nil where it was not.
    func value(_ option: String) -> (text: String, source: String)? {
        if let value = flags[option] { return (value, "--\(option)") }
        let variable = Self.variable(option)
        if let value = environment(variable) { return (value, variable) }
        if let value = file[Self.member(option)] { return (value, "\(filePath): \(Self.member(option))") }
        return nil
    }

    static func processEnvironment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Variables that look like options and are none, each with what may have been meant. They are passed over: they may be another
    /// program's.
    static func strangeVariables() -> [(name: String, meant: String?)] {
        let known = Set(
            Configuration.options.map(variable)
                + ["CONFIG", "ADDR", "CACERT", "TOKEN", "CLIENT_CONFIG"].map { "STRONGROOM_" + $0 })
        var strange: [(name: String, meant: String?)] = []
        var at = environ
        while let entry = at.pointee {
            at = at.advanced(by: 1)
            let name = String(String(cString: entry).prefix { $0 != "=" })
            guard name.hasPrefix("STRONGROOM_"), !known.contains(name) else { continue }
            strange.append((name, nearestName(to: name, in: known)))
        }
        return strange
    }

    private static func variable(_ option: String) -> String {
        "STRONGROOM_" + option.uppercased().replacing("-", with: "_")
    }

    private static func member(_ option: String) -> String { option.replacing("-", with: "_") }

    /// A flat object of strings, whole numbers and booleans, with no member that is not an option.
    private static func read(_ path: String) throws(ConfigurationError) -> [String: String] {
        guard let bytes = ByteBuffer.ofFile(path, limit: 65_536) else {
            throw ConfigurationError(source: path, reason: "cannot be read (\(String(cString: strerror(errno))))")
        }
        let document: JSONDocument
        do {
            document = try JSONDocument.parse(bytes.bytes)
        } catch {
            throw ConfigurationError(source: path, reason: "is not strict JSON, with each member once")
        }
        guard document.root.kind == .object else {
            throw ConfigurationError(source: path, reason: "must be a JSON object")
        }
        let known = Set(Configuration.options.map { member($0) })
        var options: [String: String] = [:]
        try document.root.forEachMember { name, value throws(ConfigurationError) in
            let name = String(decoding: name, as: UTF8.self)
            guard known.contains(name) else {
                let meant = nearestName(to: name, in: known).map { ": is \($0) meant?" } ?? ""
                throw ConfigurationError(
                    source: path, reason: "has a member that is no option: \(name.prefix(64))\(meant)")
            }
            guard let text = value.string ?? value.integer.map({ String($0) }) ?? value.boolean.map({ String($0) })
            else {
                throw ConfigurationError(
                    source: "\(path): \(name)", reason: "must be a string, a whole number, true or false")
            }
            options[name] = text
        }
        return options
    }
}
