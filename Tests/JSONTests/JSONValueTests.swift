// Reading values, and when two are the same.

import JSON
import Testing

@Suite("JSON values")
struct JSONValueTests {
    @Test("members and elements are found, and only those that are there")
    func access() throws {
        let document = try parse(#"{"a":[1,"x",true,null,2.5],"b":{"":0},"é":1}"#)
        let root = document.root
        #expect(root.count == 3)
        let array = try #require(root.member("a" as StaticString))
        #expect(array.count == 5)
        #expect(array.element(at: 0)?.integer == 1)
        #expect(array.element(at: 1)?.string == "x")
        #expect(array.element(at: 2)?.boolean == true)
        #expect(array.element(at: 3)?.kind == .null)
        #expect(array.element(at: 4)?.real == 2.5)
        #expect(array.element(at: 5) == nil)
        #expect(array.element(at: -1) == nil)
        #expect(root.member("b" as String)?.member("" as String)?.integer == 0)
        #expect(root.member("b" as String)?.member("" as StaticString)?.integer == 0)
        #expect(root.member("é" as String)?.integer == 1)
        #expect(root.member("c" as String) == nil)
        #expect(withBytes(of: "a", { root.member($0) }) == array)
        #expect(root.member(UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }

    @Test("asking a value for what it is not gives nothing")
    func otherKinds() throws {
        let document = try parse(#"[1,"1",true]"#)
        let integer = try #require(document.root.element(at: 0))
        #expect(integer.string == nil && integer.boolean == nil && integer.count == 0)
        #expect(integer.stringBytes.isEmpty)
        #expect(integer.member("a" as String) == nil && integer.element(at: 0) == nil)
        #expect(document.root.element(at: 1)?.integer == nil)
        #expect(document.root.element(at: 2)?.integer == nil)
        integer.forEachMember { _, _ in Issue.record("an integer has no members") }
        integer.forEachElement { _, _ in Issue.record("an integer has no elements") }
    }

    @Test("members come in the order in which they were written")
    func order() throws {
        let document = try parse(#"{"z":1,"a":2,"m":3}"#)
        var names = ""
        document.root.forEachMember { name, value in
            names += String(decoding: name, as: UTF8.self) + "\(value.integer ?? 0)"
        }
        #expect(names == "z1a2m3")
    }

    @Test(
        "equal values are equal, and hash alike",
        arguments: [
            ("1", "1.0"), ("0", "-0.0"), ("100", "1e2"), ("[1,2]", "[1.0,2.0]"),
            (#"{"a":1,"b":[{}]}"#, #"{"b":[{}],"a":1.0}"#),
            (#""é""#, #""\u00e9""#), ("null", "null"), ("1e300", "1.0e300"), ("{}", "{}"),
        ])
    func equal(left: String, right: String) throws {
        let one = try parse(left)
        let other = try parse(right)
        #expect(one.root == other.root)
        #expect(one.root.hashValue == other.root.hashValue)
    }

    @Test(
        "different values are different",
        arguments: [
            ("1", "true"), ("0", "false"), ("0", "null"), ("\"1\"", "1"), ("[]", "{}"), ("[1,2]", "[2,1]"),
            ("[1]", "[1,1]"),
            (#"{"a":1}"#, #"{"b":1}"#), (#"{"a":1}"#, #"{"a":2}"#), (#"{"a":1}"#, #"{"a":1,"b":1}"#),
            ("\"a\"", "\"A\""),
            (#""é""#, #""e\u0301""#), ("9007199254740993", "9007199254740992.0"),
            ("9223372036854775807", "9223372036854775807.0"),
            ("\"\"", "null"), ("1.5", "1"), ("1e300", "1e301"),
        ])
    func different(left: String, right: String) throws {
        let one = try parse(left)
        let other = try parse(right)
        #expect(one.root != other.root)
        #expect(other.root != one.root)
    }
}
