// The core's latest failures, for those who run the service: where the configuration keeps them, and nowhere else.

internal import CoreBridge
internal import HTTPServer
internal import JSON
internal import KeyService
internal import Observability
internal import OpenAPI

extension NativeAPI {
    func getDiagnostics(_ call: Call) throws(CallError) -> Response {
        guard information.showsDiagnostics else { throw CallError(ProblemState.noDiagnostics) }
        let parameters = call.parameters
        let after = UInt64(parameters.integer("after") ?? 0)
        let limit = parameters.integer("limit") ?? 100
        let diagnostics = try core { () throws(CoreError) in
            try cryptography.diagnostics(after: after, limit: limit)
        }
        return try Call.json(capacity: 64 + diagnostics.count * 256) { writer throws(CallError) in
            writer.beginObject()
            writer.name("diagnostics")
            writer.beginArray()
            for diagnostic in diagnostics { Self.write(diagnostic, to: &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    private static func write(_ diagnostic: Diagnostic, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("sequence")
        writer.integer(Int(clamping: diagnostic.sequence))
        writer.name("time")
        writer.string(Timestamp.rfc3339(Int64(clamping: diagnostic.time / 1000)))
        writer.name("function")
        writer.string(diagnostic.function)
        writer.name("operation")
        writer.integer(Int(diagnostic.operation))
        writer.name("error")
        writer.string(diagnostic.code.symbol)
        writer.name("code")
        writer.integer(Int(diagnostic.code.rawValue))
        writer.name("argument")
        writer.integer(Int(diagnostic.argument))
        writer.name("item")
        writer.integer(Int(diagnostic.item))
        writer.name("numbers")
        writer.beginArray()
        writer.integer(Int(clamping: diagnostic.numbers.0))
        writer.integer(Int(clamping: diagnostic.numbers.1))
        writer.endArray()
        writer.endObject()
    }
}
