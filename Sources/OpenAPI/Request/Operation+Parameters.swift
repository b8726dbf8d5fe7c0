// Checking parameters: each is read from its text as the type that its schema has, then held against that schema.

internal import Bytes
internal import JSON

/// A request's parameters do not fit. Never empty; pointers look like `/path/key` and `/query/limit`.
public struct ParameterError: Error, Equatable, Sendable {
    public let violations: [SchemaViolation]
}

extension Operation {
    /// Checks all parameters of a request and puts them into `checked`, which has none yet. `query` is what stands after the
    /// `?`, as it was sent; `header` looks a header up by the name that the document has for it. The request must stay as it
    /// is as long as `checked` is used.
    public func checkParameters(
        path: PathParameters, query: UnsafeRawBufferPointer?,
        header: (String) -> UnsafeRawBufferPointer? = { _ in nil }, into checked: inout CheckedParameters
    ) throws(ParameterError) {
        checked.begin(self, path)
        var violations: [SchemaViolation] = []
        for position in pathParameters.indices {
            read(pathParameters[position], path[position], &checked, &violations)
        }
        if let query, query.count > 0 { readQuery(query, &checked, &violations) }
        for index in parameters.indices where parameters[index].place != .path {
            let parameter = parameters[index]
            if parameter.place == .header, let text = header(parameter.name) {
                guard PercentEncoding.isUTF8(text) else {
                    violations.append(parameter.violation(keyword: "type", "must be UTF-8"))
                    continue
                }
                read(index, text, &checked, &violations)
            }
            if parameter.isRequired, !checked.isGiven(index) {
                violations.append(parameter.violation(keyword: "required", "is required"))
            }
        }
        guard violations.isEmpty else {
            throw ParameterError(violations: Array(violations.prefix(SchemaViolation.limit)))
        }
    }

    /// What is wrong with one parameter's text.
    func violations(of parameter: Parameter, text: UnsafeRawBufferPointer) -> [SchemaViolation] {
        guard let value = parameter.kind.read(text) else {
            return [parameter.violation(keyword: "type", Wording.types(parameter.type))]
        }
        return schema(parameter.schema).violations(of: value.instance).map {
            parameter.violation(keyword: $0.keyword, $0.detail)
        }
    }

    private func read(
        _ index: Int, _ text: UnsafeRawBufferPointer, _ checked: inout CheckedParameters,
        _ violations: inout [SchemaViolation]
    ) {
        if checked.isGiven(index) {
            violations.append(parameters[index].violation(keyword: "maxItems", "must be given once"))
            return
        }
        if let plain = plainTexts[index], plain.accepts(text) {
            checked.set(index, .text(text))
            return
        }
        if let value = parameters[index].kind.read(text) {
            var evaluation = Evaluation(nodes: schemas.nodes, collects: false)
            if evaluation.check(value.instance, parameters[index].schema) {
                checked.set(index, value)
                return
            }
        }
        checked.set(index, .text(text))
        violations += self.violations(of: parameters[index], text: text)
    }

    private func readQuery(
        _ query: UnsafeRawBufferPointer, _ checked: inout CheckedParameters, _ violations: inout [SchemaViolation]
    ) {
        // Room for all at once, so that what is decoded first does not move later.
        let buffer = ByteBuffer(minimumCapacity: query.count)
        checked.decodedQuery = buffer
        for pair in query.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            guard violations.count < SchemaViolation.limit else { return }
            let pair = UnsafeRawBufferPointer(rebasing: pair)
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            let name = UnsafeRawBufferPointer(rebasing: pair[..<(equals ?? pair.count)])
            let value = UnsafeRawBufferPointer(rebasing: pair[(equals.map { $0 + 1 } ?? pair.count)...])
            guard let nameRange = PercentEncoding.decode(name, into: buffer, plusIsSpace: true),
                let valueRange = PercentEncoding.decode(value, into: buffer, plusIsSpace: true), !name.isEmpty
            else {
                violations.append(
                    SchemaViolation(
                        pointer: "/query", keyword: "parameters",
                        detail: "must be names and values, percent-encoded UTF-8"))
                continue
            }
            let decodedName = UnsafeRawBufferPointer(rebasing: buffer.bytes[nameRange])
            let index = parameters.firstIndex { $0.place == .query && decodedName.elementsEqual($0.name.utf8) }
            guard let index else {
                var pointer = JSONPointer()
                pointer.append(name: "query")
                pointer.append(name: decodedName)
                violations.append(
                    SchemaViolation(pointer: pointer.text, keyword: "parameters", detail: "is not a known parameter"))
                continue
            }
            read(index, UnsafeRawBufferPointer(rebasing: buffer.bytes[valueRange]), &checked, &violations)
        }
    }
}

extension Parameter {
    var type: TypeSet {
        switch kind {
        case .string: .string
        case .integer: .integer
        case .boolean: .boolean
        }
    }

    func violation(keyword: String, _ detail: String) -> SchemaViolation {
        var pointer = JSONPointer()
        pointer.append(name: place.rawValue)
        pointer.append(name: name)
        return SchemaViolation(pointer: pointer.text, keyword: keyword, detail: detail)
    }

}

extension Parameter.Kind {
    /// The text read as this type; nil where it cannot be. Integers are written as in JSON, without fraction or exponent.
    fileprivate func read(_ text: UnsafeRawBufferPointer) -> ParameterValue? {
        switch self {
        case .string: return .text(text)
        case .boolean:
            if text.elementsEqual("true".utf8) { return .boolean(true) }
            if text.elementsEqual("false".utf8) { return .boolean(false) }
            return nil
        case .integer:
            guard text.count <= 20, let first = text.first, first != UInt8(ascii: "+") else { return nil }
            let digits = first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
            guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
            return Int(String(decoding: text, as: UTF8.self)).map { .integer($0) }
        }
    }
}
