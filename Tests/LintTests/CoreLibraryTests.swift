// The core as it is linked: it gives away the functions of its manifest and nothing else, and nothing for tests is in it.

import Foundation
import TestKit
import Testing

@Suite struct CoreLibraryTests {
    static let object = "rust-core/target/swift/strongroom_core.o"
    static let faults = "rust-core/target/swift/strongroom_core_faults.o"

    @Test("only the functions of the manifest leave the object that the server is linked with, and all of them do")
    func linkedObject() throws {
        #expect(try exports(of: Self.object) == manifest())
    }

    @Test("only the functions of the manifest leave the shared library, and all of them do")
    func sharedLibrary() throws {
        #expect(try exports(of: "rust-core/target/release/libstrongroom_ffi.so", dynamic: true) == manifest())
    }

    @Test("nothing that fails on purpose is in a release, and it would be found where it is")
    func faultInjection() throws {
        #expect(try exports(of: Self.faults) == manifest().union(["sr_test_fault", "sr_test_panic"]))
        for mark in ["sr_test_", "STRONGROOM_FAULTS"] {
            for file in [Self.object, "rust-core/target/release/libstrongroom_ffi.a"] {
                #expect(try !contains(file, mark), "\(mark) is in \(file)")
            }
            #expect(try contains(Self.faults, mark), "\(mark) is not what marks it")
        }
    }

    private func manifest() throws -> Set<String> {
        let functions = try Tree.text("rust-core/ffi/abi/manifest.txt").lines.filter { $0.hasPrefix("function ") }
        let names = functions.compactMap { $0.prefix { $0 != "(" }.split(separator: " ").last.map(String.init) }
        #expect(names.count > 20 && Set(names).count == names.count)
        return Set(names)
    }

    /// Every symbol that other objects can see, whatever it is.
    private func exports(of file: String, dynamic: Bool = false) throws -> Set<String> {
        let path = Tree.root.appendingPathComponent(file).path
        let process = try ChildProcess("/usr/bin/readelf", [dynamic ? "--dyn-syms" : "--syms", "--wide", path])
        let text = try process.readToEnd(of: .output, timeout: 60)
        #expect(try process.wait() == 0)
        var symbols: Set<String> = []
        for line in text.lines {
            // Num: Value Size Type Bind Vis Ndx Name
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count >= 8, fields[4] == "GLOBAL" || fields[4] == "WEAK", fields[6] != "UND" else { continue }
            symbols.insert(String(fields[7].prefix { $0 != "@" }))
        }
        return symbols
    }

    private func contains(_ file: String, _ text: String) throws -> Bool {
        let bytes = try Data(contentsOf: Tree.root.appendingPathComponent(file), options: .mappedIfSafe)
        return bytes.range(of: Data(text.utf8)) != nil
    }
}
