// The audit trail, as auditors read it: pages of records, each held to its MAC before it is shown.

internal import Audit
internal import Bytes
internal import HTTPServer
internal import JSON
internal import KeyService
internal import OpenAPI

extension NativeAPI {
    func listAuditRecords(_ call: Call) throws(CallError) -> Response {
        guard let audit = call.exchange.unsealed?.audit else { throw CallError(ProblemState.noAuditTrail) }
        let after = Int64(call.parameters.integer("after") ?? 0)
        let page: AuditPage
        do throws(AuditFailure) {
            page = try audit.page(after: after, limit: call.parameters.integer("limit") ?? 100)
        } catch {
            switch error {
            case .altered, .malformed: throw CallError(.recordAltered)
            case .file, .openToOthers, .notPlain, .core: throw CallError(.auditUnavailable)
            }
        }
        return try Call.json(capacity: 64 + page.records.count * 512) { writer throws(CallError) in
            writer.beginObject()
            writer.name("records")
            writer.beginArray()
            for record in page.records { record.withUnsafeBytes { writer.raw($0) } }
            writer.endArray()
            if !page.isLast {
                writer.name("next")
                writer.integer(Int(page.last))
            }
            writer.endObject()
        }
    }
}
