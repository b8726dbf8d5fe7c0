// Formats that a grammar describes whole, each written out as its RFC has it, and matched by PCRE2 within its bounds.

enum FormatGrammar {
    static func check(_ text: UnsafeRawBufferPointer, as format: Format) -> Format.Answer {
        guard let pattern = patterns[format] else { return .exhausted }
        return switch pattern.match(text) {
        case .match: .fits
        case .noMatch: .doesNotFit
        case .exhausted: .exhausted
        }
    }

    /// Compiled at the first use of any of them.
    private static let patterns: [Format: RegexPattern] = {
        var patterns: [Format: RegexPattern] = [:]
        for (format, source) in sources {
            patterns[format] = RegexPattern(source: format.rawValue, pcre2: #"(?x)\A(?:"# + source + #")\z"# + rules)
        }
        return patterns
    }()

    /// In PCRE2's extended syntax: white space means nothing, `(?&name)` is the rule of that name.
    private static let sources: [Format: String] = [
        // RFC 3339 appendix A: only weeks by themselves; of the other units none left out between two.
        .duration: """
        P (?: [0-9]+W | (?=.)(?: [0-9]+Y (?:[0-9]+M (?:[0-9]+D)?)? | [0-9]+M (?:[0-9]+D)? | [0-9]+D )? (?&clock)?
            (?<!P) )
        """,
        // RFC 5321 section 4.1.2, and RFC 6531 with characters beyond ASCII.
        .email: #"(?: (?&dotatom) | (?&quoted) ) @ (?: (?&hostname) | \[ (?: (?&ipv4) | IPv6: (?&ipv6) ) \] )"#,
        .idnEmail: #"(?: (?&udotatom) | (?&uquoted) ) @ (?: (?&uhostname) | \[ (?: (?&ipv4) | IPv6: (?&ipv6) ) \] )"#,
        .hostname: "(?&hostname)",
        .ipv4: "(?&ipv4)",
        .ipv6: "(?&ipv6)",
        .uri: #"(?&scheme) : (?&hier) (?: \? (?&query) )? (?: \x23 (?&query) )?"#,
        .uriReference: #"(?: (?&scheme) : (?&hier) | (?&relative) ) (?: \? (?&query) )? (?: \x23 (?&query) )?"#,
        .iri: #"(?&scheme) : (?&ihier) (?: \? (?&iquery) )? (?: \x23 (?&ifragment) )?"#,
        .iriReference: #"(?: (?&scheme) : (?&ihier) | (?&irelative) ) (?: \? (?&iquery) )? (?: \x23 (?&ifragment) )?"#,
        // RFC 6570 section 2. An apostrophe is taken as a literal (its erratum 6937).
        .uriTemplate: #"""
        (?: [^\x00-\x20"%<>\\^`{|}\x7f-\x9f] | (?&percent)
          | \{ [+\x23./;?&=,!@|]? (?&variable) (?: , (?&variable) )* \} )*
        """#,
        .jsonPointer: "(?: / (?&token) )*",
        .relativeJSONPointer: #"(?: 0 | [1-9][0-9]* ) (?: \x23 | (?: / (?&token) )* )"#,
    ]

    private static let rules = #"""
        (?(DEFINE)
        (?<clock> T (?: [0-9]+H (?:[0-9]+M (?:[0-9]+S)?)? | [0-9]+M (?:[0-9]+S)? | [0-9]+S ) )

        (?<dotatom> [A-Za-z0-9!\x23$%&'*+/=?^_`{|}~-]++ (?: \. [A-Za-z0-9!\x23$%&'*+/=?^_`{|}~-]++ )*+ )
        (?<quoted> " (?: [\x20!\x23-\[\]-~] | \\ [\x20-~] )*+ " )
        (?<uatom> [A-Za-z0-9!\x23$%&'*+/=?^_`{|}~\x{80}-\x{10ffff}-]++ )
        (?<udotatom> (?&uatom) (?: \. (?&uatom) )*+ )
        (?<uquoted> " (?: [\x20!\x23-\[\]-~\x{80}-\x{10ffff}] | \\ [\x20-~] )*+ " )

        (?<label> [A-Za-z0-9] (?: [A-Za-z0-9-]{0,61} [A-Za-z0-9] )? (?![A-Za-z0-9-]) )
        (?<hostname> (?&label) (?: \. (?&label) )*+ )
        (?<ulabel> [A-Za-z0-9\x{80}-\x{10ffff}] (?: [A-Za-z0-9\x{80}-\x{10ffff}-]{0,61} [A-Za-z0-9\x{80}-\x{10ffff}] )?
            (?![A-Za-z0-9\x{80}-\x{10ffff}-]) )
        (?<uhostname> (?&ulabel) (?: \. (?&ulabel) )*+ )

        (?<octet> (?: 25[0-5] | 2[0-4][0-9] | 1[0-9][0-9] | [1-9][0-9] | [0-9] ) (?![0-9]) )
        (?<ipv4> (?&octet) \. (?&octet) \. (?&octet) \. (?&octet) )
        (?<h16> [0-9A-Fa-f]{1,4} )
        (?<ls32> (?&h16) : (?&h16) | (?&ipv4) )
        (?<ipv6>
            (?: (?&h16) : ){6} (?&ls32)
          | :: (?: (?&h16) : ){5} (?&ls32)
          | (?&h16)? :: (?: (?&h16) : ){4} (?&ls32)
          | (?: (?: (?&h16) : ){0,1} (?&h16) )? :: (?: (?&h16) : ){3} (?&ls32)
          | (?: (?: (?&h16) : ){0,2} (?&h16) )? :: (?: (?&h16) : ){2} (?&ls32)
          | (?: (?: (?&h16) : ){0,3} (?&h16) )? :: (?&h16) : (?&ls32)
          | (?: (?: (?&h16) : ){0,4} (?&h16) )? :: (?&ls32)
          | (?: (?: (?&h16) : ){0,5} (?&h16) )? :: (?&h16)
          | (?: (?: (?&h16) : ){0,6} (?&h16) )? :: )

        (?<percent> % [0-9A-Fa-f]{2} )
        (?<scheme> [A-Za-z] [A-Za-z0-9+.-]*+ )
        (?<literal> \[ (?: (?&ipv6) | [vV] [0-9A-Fa-f]+ \. [A-Za-z0-9._~!$&'()*+,;=:-]+ ) \] )
        (?<user> (?: [A-Za-z0-9._~!$&'()*+,;=:-] | (?&percent) )*+ @ )
        (?<name> (?: [A-Za-z0-9._~!$&'()*+,;=-] | (?&percent) )*+ )
        (?<authority> (?&user)? (?: (?&literal) | (?&name) ) (?: : [0-9]*+ )? )
        (?<pchar> [A-Za-z0-9._~!$&'()*+,;=:@-] | (?&percent) )
        (?<abempty> (?: / (?&pchar)*+ )*+ )
        (?<rootless> (?&pchar)++ (?&abempty) )
        (?<hier> // (?&authority) (?&abempty) | / (?&rootless)? | (?&rootless) | )
        (?<nocolon> (?: [A-Za-z0-9._~!$&'()*+,;=@-] | (?&percent) )++ (?&abempty) )
        (?<relative> // (?&authority) (?&abempty) | / (?&rootless)? | (?&nocolon) | )
        (?<query> (?: (?&pchar) | [/?] )*+ )

        (?<ucs> [\x{a0}-\x{d7ff}\x{f900}-\x{fdcf}\x{fdf0}-\x{ffef}\x{10000}-\x{efffd}] )
        (?<iuser> (?: [A-Za-z0-9._~!$&'()*+,;=:-] | (?&percent) | (?&ucs) )*+ @ )
        (?<iname> (?: [A-Za-z0-9._~!$&'()*+,;=-] | (?&percent) | (?&ucs) )*+ )
        (?<iauthority> (?&iuser)? (?: (?&literal) | (?&iname) ) (?: : [0-9]*+ )? )
        (?<ipchar> (?&pchar) | (?&ucs) )
        (?<iabempty> (?: / (?&ipchar)*+ )*+ )
        (?<irootless> (?&ipchar)++ (?&iabempty) )
        (?<ihier> // (?&iauthority) (?&iabempty) | / (?&irootless)? | (?&irootless) | )
        (?<inocolon> (?: [A-Za-z0-9._~!$&'()*+,;=@-] | (?&percent) | (?&ucs) )++ (?&iabempty) )
        (?<irelative> // (?&iauthority) (?&iabempty) | / (?&irootless)? | (?&inocolon) | )
        (?<ifragment> (?: (?&ipchar) | [/?] )*+ )
        (?<iquery> (?: (?&ipchar) | [/?\x{e000}-\x{f8ff}\x{f0000}-\x{10fffd}] )*+ )

        (?<varchar> [A-Za-z0-9_] | (?&percent) )
        (?<variable> (?&varchar)++ (?: \. (?&varchar)++ )*+ (?: : [1-9][0-9]{0,3} | \* )? )
        (?<token> (?: [^/~] | ~ [01] )*+ )
        )
        """#
}
