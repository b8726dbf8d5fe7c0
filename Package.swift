// swift-tools-version: 6.2
import PackageDescription

/// The Rust core as one object, built by `make core` before any Swift is; under a sanitizer, one that it instruments.
let core =
    Context.environment["STRONGROOM_CORE"] ?? "\(Context.packageDirectory)/rust-core/target/swift/strongroom_core.o"

/// What `strongroom version` says of the source: given by who builds a release.
let revision = Context.environment["STRONGROOM_REVISION"] ?? ""

/// The core's C header.
let headers = "\(Context.packageDirectory)/rust-core/ffi/include"

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-warnings-as-errors"]),
    // A request crosses nearly every module: without this each crossing is an unspecialised call. Exclusive access is checked
    // while running in debug builds, and so in every test.
    .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: ["TestKit"] + dependencies, swiftSettings: strict)
}

let package = Package(
    name: "strongroom",
    products: [.executable(name: "strongroom", targets: ["strongroom"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
    ],
    targets: [
        // C: names of C stop in the module that imports them (Tests/LintTests).
        .target(
            name: "CStrongroomCore",
            linkerSettings: [
                .unsafeFlags([core]), .linkedLibrary("crypto"), .linkedLibrary("ssl"), .linkedLibrary("gcc_s"),
                .linkedLibrary("util"), .linkedLibrary("rt"), .linkedLibrary("pthread"), .linkedLibrary("m"),
                .linkedLibrary("dl"),
            ]),
        .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .target(
            name: "CReceiving", cSettings: [.unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("gnutls")]),
        .systemLibrary(name: "CThreading"),
        .target(name: "CJansson", linkerSettings: [.linkedLibrary("jansson")]),
        .systemLibrary(name: "CPcre2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .target(
            name: "CProcessProtection",
            cSettings: [.unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("seccomp")]),
        .target(
            name: "CGnuTLS", cSettings: [.unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("gnutls")]),
        .target(
            name: "CBuildInformation",
            cSettings: [
                .define("STRONGROOM_REVISION", to: "\"\(revision)\""),
                .unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"]),
            ]),
        .target(
            name: "CSQLiteConfiguration",
            cSettings: [.unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"])]),
        .target(name: "COpenAPIDocuments", cSettings: [.unsafeFlags(["-std=c23"])]),
        .target(name: "CWiping", cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror"])]),

        // Each module may import only what stands above it here.
        module("Bytes"),
        module("Threading", ["CThreading"]),
        module("Network"),
        module("SystemLimits"),
        module("ProcessProtection", ["CProcessProtection"]),
        module("Observability", ["Bytes", "Threading", .product(name: "Logging", package: "swift-log")]),
        module("CoreBridge", ["CStrongroomCore", "Threading"]),
        module("JSON", ["CJansson", "Bytes"]),
        module("OpenAPI", ["JSON", "Bytes", "CPcre2", "COpenAPIDocuments"]),
        module("TLS", ["CGnuTLS", "Threading"]),
        module("HTTPClient", ["TLS", "Network", "Bytes"]),
        module(
            "HTTPServer", ["CMicrohttpd", "CReceiving", "CWiping", "TLS", "Network", "Bytes", "Threading"]),
        module("Storage"),
        module("StorageAuthentication", ["Storage", "Threading"]),
        module(
            "StorageSQLite",
            ["CSQLiteConfiguration", "Storage", .product(name: "GRDB", package: "GRDB.swift")]),
        module("Audit", ["CoreBridge", "JSON", "Observability", "Bytes", "Threading"]),
        module("KeyService", ["CoreBridge", "Storage", "Audit", "Network", "Bytes", "Threading"]),
        module(
            "Identity",
            ["KeyService", "CoreBridge", "HTTPClient", "TLS", "OpenAPI", "JSON", "Network", "Bytes", "Threading"]),
        module(
            "NativeAPI",
            ["Identity", "KeyService", "Audit", "HTTPServer", "OpenAPI", "JSON", "Network", "Bytes", "Observability"],
            path: "Sources/API/Native"),
        .executableTarget(
            name: "strongroom",
            dependencies: [
                "NativeAPI", "KeyService", "Audit", "StorageAuthentication", "StorageSQLite", "Storage", "HTTPServer",
                "OpenAPI", "JSON", "CoreBridge", "Observability", "Network", "SystemLimits", "Threading", "Bytes",
                "ProcessProtection", "TLS",
                "HTTPClient",
                "Identity",
                "CBuildInformation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // Tests: one target a module, and a kit they share.
        .target(
            name: "TestKit", dependencies: ["CoreBridge", "Network", "Threading"], path: "Tests/TestKit",
            swiftSettings: strict),
        .executableTarget(
            name: "LoadClient", path: "Tests/LoadClient",
            cSettings: [.unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"])]),
        .executableTarget(
            name: "Intruder", path: "Tests/Intruder",
            cSettings: [.unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"])]),
        .executableTarget(
            name: "SyncWatch", path: "Tests/SyncWatch",
            cSettings: [.unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"])]),
        .executableTarget(
            name: "BoundaryExampleC", dependencies: ["CStrongroomCore"], path: "Tests/Examples/C",
            cSettings: [
                .unsafeFlags(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", headers])
            ]),
        .executableTarget(
            name: "BoundaryExampleSwift", dependencies: ["CoreBridge"], path: "Tests/Examples/Swift",
            swiftSettings: strict),
        .target(
            name: "AllocationCount", path: "Tests/AllocationCount",
            cSettings: [.unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"])]),
        .executableTarget(
            name: "SchemaBench", dependencies: ["OpenAPI", "JSON", "Bytes", "AllocationCount"],
            path: "Tests/SchemaBench",
            swiftSettings: strict),
        .target(
            name: "BenchTwins", path: "Tests/Bench/Twins",
            cSettings: [.unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror", "-O2"])],
            linkerSettings: [.linkedLibrary("crypto")]),
        .executableTarget(
            name: "BoundaryBench",
            dependencies: ["BenchTwins", "CStrongroomCore", "CoreBridge", "Threading"],
            path: "Tests/Bench/Boundary", swiftSettings: strict),
        tests("BytesTests", ["Bytes"]),
        tests("NetworkTests", ["Network"]),
        tests("SystemLimitsTests", ["SystemLimits"]),
        tests(
            "CoreBridgeTests",
            ["CoreBridge", "Bytes", "Threading", "BoundaryExampleC", "BoundaryExampleSwift"]),
        tests("JSONTests", ["JSON", "Bytes"]),
        tests("OpenAPITests", ["OpenAPI", "JSON", "Bytes"]),
        tests("HTTPServerTests", ["HTTPServer", "CWiping", "Network", "Bytes", "Threading", "LoadClient"]),
        tests(
            "ObservabilityTests",
            ["Observability", "Bytes", "Threading", .product(name: "Logging", package: "swift-log")]),
        tests(
            "StorageSQLiteTests",
            [
                "StorageSQLite", "StorageAuthentication", "Storage", "Threading",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        tests("AuditTests", ["Audit", "CoreBridge", "Threading"]),
        tests("HTTPClientTests", ["HTTPClient", "Bytes"]),
        tests(
            "IdentityTests", ["Identity", "KeyService", "CoreBridge", "HTTPClient", "TLS", "Network", "Threading"]),
        tests(
            "KeyServiceTests",
            [
                "KeyService", "Audit", "CoreBridge", "Storage", "StorageAuthentication", "StorageSQLite", "Network",
                "Threading",
            ]),
        tests(
            "NativeAPITests",
            [
                "NativeAPI", "Identity", "KeyService", "Audit", "StorageAuthentication", "StorageSQLite", "Storage",
                "HTTPServer", "OpenAPI", "JSON",
                "CoreBridge", "Observability", "Threading", "Bytes",
            ]),
        tests(
            "StrongroomTests",
            ["strongroom", "NativeAPI", "Audit", "CoreBridge", "Threading", "Intruder", "SyncWatch"]),
        tests("LintTests", ["NativeAPI", "Identity", "CoreBridge"]),
    ]
)

// Only where libFuzzer is linked (Tests/Proof/fuzz.sh): without it they are nothing that links.
if Context.environment["STRONGROOM_FUZZ"] != nil {
    package.targets += [
        .target(name: "CLibFuzzer", path: "Tests/Proof/Fuzz/CLibFuzzer"),
        .executableTarget(
            name: "FuzzTargets",
            dependencies: [
                "CLibFuzzer", "TestKit", "NativeAPI", "Identity", "KeyService", "Storage",
                "StorageAuthentication", "StorageSQLite", "HTTPServer", "OpenAPI",
                "JSON",
                "CoreBridge", "Observability", "Bytes",
            ],
            path: "Tests/Proof/Fuzz/Targets", swiftSettings: strict),
    ]
}

// Where only some tests are built, and what they need: under a sanitizer all takes twice as long (Tests/Proof/sanitize.sh).
if let wanted = Context.environment["STRONGROOM_TESTS"] {
    var names = Set(wanted.split(separator: " ").map(String.init))
    var added = names
    while !added.isEmpty {
        let needed = package.targets.filter { added.contains($0.name) }.flatMap(\.dependencies).compactMap {
            dependency in
            if case .byNameItem(let name, _) = dependency { name } else { nil }
        }
        added = Set(needed).subtracting(names)
        names.formUnion(added)
    }
    package.targets.removeAll { !names.contains($0.name) }
    package.products = []
}

// Where only the service is built, from its sources alone.
if Context.environment["STRONGROOM_WITHOUT_TESTS"] != nil {
    package.targets.removeAll { $0.type == .test || $0.path?.hasPrefix("Tests/") == true }
}
