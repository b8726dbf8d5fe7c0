// Bodies of requests: the fast way takes what the parser and the schema take, and nothing else. The first byte chooses the
// operation.

import Bytes
import JSON
import OpenAPI

private let operations: [OpenAPI.Operation] = {
    guard let document = try? OpenAPIDocument.load(OpenAPIDocument.embedded) else { return [] }
    return document.operations.filter { $0.bodySchema != nil }
}()

func fuzzBody(_ data: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
    guard let data, length > 1 else { return 0 }
    hold(!operations.isEmpty, "the document does not load")
    let operation = operations[Int(data[0]) % operations.count]
    let text = UnsafeRawBufferPointer(start: data + 1, count: length - 1)
    let document = try? JSONDocument.parse(text)
    let expected = document.map { operation.bodySchema?.violations(of: $0.root).isEmpty ?? true } ?? false
    let body = ByteBuffer(minimumCapacity: text.count)
    body.append(text)
    do throws(BodyError) {
        let checked = try operation.check(body: body)
        hold(expected, "\(operation.id) takes what its schema does not")
        withExtendedLifetime(checked) {}
    } catch {
        hold(!expected, "\(operation.id) refuses what its schema takes: \(error)")
        hold(body.bytes.elementsEqual(text), "a refused body was changed")
    }
    withExtendedLifetime(document) {}
    return 0
}
