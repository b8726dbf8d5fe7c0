// docs/errors.md says what the code does.

import CoreBridge
import Identity
import NativeAPI
import Testing

@Suite struct ErrorPageTests {
    @Test("every problem is on the page with its status, and the page has no other")
    func problems() throws {
        let rows = try Tree.text("docs/errors.md").lines.filter { $0.hasPrefix("| 4") || $0.hasPrefix("| 5") }
            .filter { $0.split(separator: "|")[0].count == 5 && $0.contains("| `") && !$0.contains("SR_E_") }
        let expected = Set(ProblemCode.allCases.map { "| \($0.status) | `\($0.rawValue)` |" })
        let found = Set(rows.map { row in "|" + row.split(separator: "|").prefix(2).joined(separator: "|") + "|" })
        #expect(found == expected)
    }

    @Test("every reason to refuse a login is on the page with its sentence")
    func reasons() throws {
        let rows = try Tree.text("docs/errors.md").lines
        for reason in LoginRefusal.Reason.allCases {
            #expect(rows.contains("| `\(reason.rawValue)` | \(reason.detail) |"), "\(reason)")
        }
    }

    @Test("every code of the core is on the page, and in the header, with one number")
    func coreCodes() throws {
        let page = try Tree.text("docs/errors.md").lines.filter { $0.contains("`SR_E_") }
        let header = try Tree.text("rust-core/ffi/include/strongroom/status.h").lines.filter {
            $0.contains("#define SR_E_")
        }
        #expect(page.count == CoreError.Code.allCases.count)
        #expect(header.count == CoreError.Code.allCases.count)
        for code in CoreError.Code.allCases {
            let row = try #require(page.first { $0.hasPrefix("| \(code.rawValue) |") }, "\(code)")
            let name = String(row.split(separator: "`")[1])
            #expect(name == code.symbol)
            #expect(header.contains("#define \(name) \(code.rawValue)u"), "\(name)")
            #expect(row.hasSuffix("| `\(ProblemCode(code).rawValue)` |"), "\(name)")
        }
    }
}
