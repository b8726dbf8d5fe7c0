// Who may import whom: each module only what stands below it, and C only where its names are meant to stop.

import Testing

@Suite struct ImportTests {
    /// What each folder of Sources may import, besides Glibc and the standard library's own modules.
    static let allowed: [String: Set<String>] = [
        "Bytes": [],
        "Threading": ["CThreading"],
        "Network": [],
        "SystemLimits": [],
        "ProcessProtection": ["CProcessProtection"],
        "Observability": ["Bytes", "Threading", "Logging"],
        "CoreBridge": ["CStrongroomCore", "Threading"],
        "JSON": ["CJansson", "Bytes"],
        "OpenAPI": ["JSON", "Bytes", "CPcre2", "COpenAPIDocuments"],
        "TLS": ["CGnuTLS", "Threading"],
        "HTTPClient": ["TLS", "Network", "Bytes"],
        "HTTPServer": ["CMicrohttpd", "CReceiving", "TLS", "Network", "Bytes", "Threading"],
        "Storage": [],
        "StorageAuthentication": ["Storage", "Threading"],
        "StorageSQLite": ["CSQLiteConfiguration", "Storage", "GRDB", "Foundation"],
        "Audit": ["CoreBridge", "JSON", "Observability", "Bytes", "Threading"],
        "KeyService": ["CoreBridge", "Storage", "Audit", "Network", "Bytes", "Threading"],
        "Identity": [
            "KeyService", "CoreBridge", "HTTPClient", "TLS", "OpenAPI", "JSON", "Network", "Bytes", "Threading",
        ],
        "API": [
            "Identity", "KeyService", "Audit", "CoreBridge", "Storage", "HTTPServer", "OpenAPI", "JSON",
            "Network", "Bytes", "Observability",
        ],
        "strongroom": [
            "NativeAPI", "KeyService", "Audit", "StorageAuthentication", "StorageSQLite", "Storage", "HTTPServer",
            "OpenAPI", "JSON", "CoreBridge",
            "Observability", "Network", "SystemLimits", "Threading", "Bytes", "ProcessProtection", "TLS", "HTTPClient",
            "Identity",
            "CBuildInformation", "ArgumentParser", "Logging",
        ],
    ]
    static let everywhere: Set<String> = ["Glibc", "Synchronization"]

    @Test("a module imports only what stands below it")
    func imports() throws {
        var seen: Set<String> = []
        for file in try Tree.files("Sources", ["swift"]) {
            let folder = String(file.path.split(separator: "/")[1])
            let allowed = try #require(Self.allowed[folder], "\(folder) has no rule")
            seen.insert(folder)
            for line in file.lines {
                guard let module = Self.module(importedBy: line) else { continue }
                #expect(
                    allowed.contains(module) || Self.everywhere.contains(module), "\(file.path) imports \(module)")
            }
        }
        #expect(seen == Set(Self.allowed.keys))
    }

    @Test("a crate of the core depends only on those below it")
    func crates() throws {
        let order = ["sync", "memory", "openssl", "handles", "core", "ffi"]
        for (index, crate) in order.enumerated() {
            let manifest = try Tree.text("rust-core/\(crate)/Cargo.toml")
            for above in order[index...] {
                #expect(!manifest.contains("strongroom-\(above).workspace"), "\(crate) depends on \(above)")
            }
        }
        for crate in ["core", "handles"] {
            let source = try Tree.text("rust-core/\(crate)/src/lib.rs")
            #expect(source.contains("#![forbid(unsafe_code)]"), "\(crate) must forbid unsafe")
        }
    }

    /// `public import struct Glibc.stat` and the like.
    private static func module(importedBy line: String) -> String? {
        var words = line.split(separator: " ").map(String.init)
        guard let keyword = words.firstIndex(of: "import"), keyword <= 2 else { return nil }
        words.removeFirst(keyword + 1)
        if words.count > 1, ["struct", "class", "enum", "protocol", "func", "var", "let"].contains(words[0]) {
            words.removeFirst()
        }
        return words.first.map { String($0.prefix { $0 != "." }) }
    }
}
