// What a logins file may say, as JSON Schema (2020-12): docs/logins.md says what it means.

internal import JSON
internal import OpenAPI

enum LoginSchema {
    /// What does not fit, in words; empty where it does.
    static func faults(in document: JSONDocument) -> [String] {
        let text = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard let schema = try? JSONDocument.parse(text), let compiled = try? CompiledSchema.compile(schema) else {
            return ["the schema of logins is not sound"]
        }
        return compiled.violations(of: document.root).map { violation in
            "\(violation.pointer.isEmpty ? "the file" : violation.pointer) \(violation.detail)"
        }
    }

    private static let text: StaticString = """
        {"type": "object", "additionalProperties": false, "minProperties": 1,
         "properties": {
          "jwt": {"type": "array", "maxItems": 64, "items": {"$ref": "#/$defs/issuer"}},
          "certificate": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/$defs/certificate"}},
          "peer": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/$defs/peer"}}},
         "$defs": {
          "role": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$"},
          "ttl": {"type": "integer", "minimum": 60, "maximum": 86400},
          "path": {"type": "string", "minLength": 1, "maxLength": 4096},
          "pattern": {"type": "string", "minLength": 1, "maxLength": 512},
          "patterns": {"anyOf": [
            {"$ref": "#/$defs/pattern"},
            {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/$defs/pattern"}}]},
          "uid": {"type": "integer", "minimum": 0, "maximum": 4294967294},
          "issuer": {"type": "object", "additionalProperties": false,
           "required": ["name", "issuer", "audiences", "keys", "rules"],
           "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$"},
            "issuer": {"type": "string", "minLength": 1, "maxLength": 512},
            "audiences": {"type": "array", "minItems": 1, "maxItems": 16,
              "items": {"type": "string", "minLength": 1, "maxLength": 512}},
            "keys": {"oneOf": [
              {"type": "object", "additionalProperties": false, "required": ["file"],
               "properties": {"file": {"$ref": "#/$defs/path"}}},
              {"type": "object", "additionalProperties": false, "required": ["url"],
               "properties": {
                "url": {"type": "string", "minLength": 1, "maxLength": 2048, "pattern": "^https?://"},
                "ca_file": {"$ref": "#/$defs/path"}, "token_file": {"$ref": "#/$defs/path"}}}]},
            "refresh_seconds": {"type": "integer", "minimum": 10, "maximum": 43200},
            "algorithms": {"type": "array", "minItems": 1, "maxItems": 10, "uniqueItems": true,
              "items": {"enum": ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]}},
            "skew_seconds": {"type": "integer", "minimum": 0, "maximum": 300},
            "max_age_seconds": {"type": "integer", "minimum": 1, "maximum": 31536000},
            "rules": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {
              "type": "object", "additionalProperties": false, "required": ["role", "claims"],
              "properties": {
               "role": {"$ref": "#/$defs/role"}, "ttl_seconds": {"$ref": "#/$defs/ttl"},
               "claims": {"type": "object", "minProperties": 1, "maxProperties": 16,
                 "additionalProperties": {"$ref": "#/$defs/patterns"}}}}}}},
          "certificate": {"type": "object", "additionalProperties": false, "required": ["role"],
           "anyOf": [{"required": ["common_name"]}, {"required": ["organization"]},
            {"required": ["organizational_unit"]}, {"required": ["dns"]}, {"required": ["email"]}, {"required": ["uri"]}],
           "properties": {
            "role": {"$ref": "#/$defs/role"}, "ttl_seconds": {"$ref": "#/$defs/ttl"},
            "common_name": {"$ref": "#/$defs/patterns"}, "organization": {"$ref": "#/$defs/patterns"},
            "organizational_unit": {"$ref": "#/$defs/patterns"}, "dns": {"$ref": "#/$defs/patterns"},
            "email": {"$ref": "#/$defs/patterns"}, "uri": {"$ref": "#/$defs/patterns"}}},
          "peer": {"type": "object", "additionalProperties": false, "required": ["role", "uid"],
           "properties": {
            "role": {"$ref": "#/$defs/role"}, "ttl_seconds": {"$ref": "#/$defs/ttl"},
            "uid": {"anyOf": [{"$ref": "#/$defs/uid"},
              {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/$defs/uid"}}]}}}}}
        """
}
