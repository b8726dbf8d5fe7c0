// Characters that control how a text is shown: a terminal obeys them, and a reader does not see them.

extension Unicode.Scalar {
    /// Whether it is a control, turns the direction of writing, ends a line, or is never seen. The document refuses the same ones
    /// in labels and names (`openapi/strongroom.json`).
    public var steersText: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x61C, 0x180E, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F,
            0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE0FFF:
            true
        default: false
        }
    }
}

extension String {
    public var hasSteeringCharacters: Bool { unicodeScalars.contains(where: \.steersText) }
}
