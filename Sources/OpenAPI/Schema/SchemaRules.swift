// How a schema is read where JSON Schema leaves a choice.

public struct SchemaRules: Sendable {
    /// Whether what is not enforced is refused: unknown keywords, unknown formats, encodings other than base64. The
    /// specification has them ignored, which hides a keyword that was misspelt.
    let isStrict: Bool
    /// Whether `format` is asserted where no vocabulary says so (2020-12, validation, section 7.2).
    let assertsFormat: Bool

    /// For documents that the server is made from: nothing is ignored, `format` and `contentEncoding` are asserted.
    public static let strict = SchemaRules(isStrict: true, assertsFormat: true)
    /// As the specification has it: `format` and `contentEncoding` only annotate.
    public static let standard = SchemaRules(isStrict: false, assertsFormat: false)
    /// The same with `format` asserted, which the specification allows.
    public static let assertingFormat = SchemaRules(isStrict: false, assertsFormat: true)
}
