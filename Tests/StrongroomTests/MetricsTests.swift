// What the running service counts, as Prometheus would read it.

import Foundation
import TestKit
import Testing

@Suite struct MetricsTests {
    /// Values by their names, with labels.
    private func scrape(_ client: Client) throws -> [String: Double] {
        let lines = try client.text("/metrics").split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Dictionary(
            uniqueKeysWithValues: try lines.map { line in
                let space = try #require(line.lastIndex(of: " "))
                return (String(line[..<space]), try #require(Double(line[line.index(after: space)...])))
            })
    }

    @Test("connections, keys, secret memory, the trail, approvals and the seal are counted as they are")
    func values() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder)
        let client = try service.client()
        let before = try scrape(client)
        #expect(before["strongroom_sealed"] == 0 && before["strongroom_audit_recording"] == 1)
        #expect(before["strongroom_http_connections"] == 1 && before["strongroom_open_keys"] == 0)
        #expect(before["strongroom_core_handles{kind=\"root\"}"] == 1)
        #expect(before["strongroom_tls_certificate_expiry_seconds"] == 0)
        #expect(before.keys.contains { $0.hasPrefix("strongroom_build_info{version=\"") })
        let age = Date().timeIntervalSince1970 - (before["process_start_time_seconds"] ?? 0)
        #expect((0..<60).contains(age))
        #expect(try client.send("POST", "/v1/keys", #"{"name":"orders","min_approvals":1}"#).status == 201)
        for _ in 0..<3 { _ = try client.encrypt("text", with: "orders") }
        #expect(try client.send("GET", "/v1/keys/orders/backup").status == 403)
        let other = try service.client()
        #expect(try other.send("GET", "/v1/keys").status == 200)
        let after = try scrape(client)
        #expect(after["strongroom_http_connections"] == 2 && after["strongroom_http_connections_accepted_total"] == 2)
        #expect(after["strongroom_open_keys"] == 1 && after["strongroom_open_keys_hits_total"] == 2)
        #expect(after["strongroom_open_keys_misses_total"] == 1)
        #expect(after["strongroom_core_handles{kind=\"key\"}"] == 1)
        #expect((after["strongroom_secret_memory_bytes"] ?? 0) > (before["strongroom_secret_memory_bytes"] ?? 0))
        #expect(after["strongroom_audit_records_total"] == (before["strongroom_audit_records_total"] ?? 0) + 6)
        #expect(after["strongroom_audit_waiting"] == 0 && after["strongroom_approvals_waiting"] == 1)
        #expect(try client.send("POST", "/v1/seal").status < 300)
        let sealed = try scrape(client)
        #expect(sealed["strongroom_sealed"] == 1 && sealed["strongroom_open_keys"] == 0)
        #expect(sealed["strongroom_core_handles{kind=\"root\"}"] == 0)
        #expect(try service.stop() == 0)
    }

    @Test("every metric is in the guide, and the guide has no other")
    func guide() throws {
        let folder = try TemporaryFolder()
        let service = try Service(in: folder)
        let text = try service.client().text("/metrics")
        let served = Set(
            text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) })
        let guide = try String(contentsOfFile: "docs/operations.md", encoding: .utf8)
        let told = Set(guide.matches(of: /`((?:strongroom|process)_[a-z_]+)`/).map { String($0.1) })
        #expect(served == told)
        // What Prometheus and Grafana are given asks for nothing else.
        for file in ["alerts.yaml", "dashboard.json"] {
            let text = try String(contentsOfFile: "docs/monitoring/\(file)", encoding: .utf8)
            if file.hasSuffix("json") { _ = try JSONSerialization.jsonObject(with: Data(text.utf8)) }
            let asked = Set(
                text.matches(of: /(?:strongroom|process)_[a-z_]+/).map {
                    String($0.0).replacing("seconds_bucket", with: "seconds")
                })
            #expect(asked.count > 5 && asked.isSubset(of: served), "\(asked.subtracting(served))")
        }
        #expect(try service.stop() == 0)
    }

    @Test("the alert rules are rules as Prometheus reads them, each with an expression, a severity and a summary")
    func alerts() throws {
        try python(
            """
            import re, sys, yaml
            groups = yaml.safe_load(open(sys.argv[1]))["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            assert len(rules) > 8 and len({rule["alert"] for rule in rules}) == len(rules)
            for rule in rules:
                assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule
                assert rule["labels"]["severity"] in ("page", "warn", "info") and rule["annotations"]["summary"], rule
                assert re.fullmatch(r"[0-9]+[smhd]", rule.get("for", "1m")), rule
                assert rule["expr"].count("(") == rule["expr"].count(")"), rule
            """, "docs/monitoring/alerts.yaml")
    }
}
