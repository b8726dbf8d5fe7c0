// The switch that all tests run with: what the document does not promise is not sent.

import TestKit
import Testing

@Suite(.givesHandlesBack) struct AnswerCheckTests {
    @Test("an answer that the document does not promise is told, and 500 goes in its place")
    func replaced() throws {
        let fixture = try Fixture(version: "canary5ecret")
        let answer = try fixture.send("GET", "/v1/status")
        #expect(answer.status == 500 && answer.code == "internal")
        let told = fixture.takeUndocumented()
        #expect(told.count == 1)
        #expect(
            told.first?.hasPrefix("getStatus answers 200 as the document does not promise: /version pattern") == true)
        #expect(told.first?.contains("canary") == false)
        #expect(try fixture.send("GET", "/v1/health/live").status == 200)
        #expect(fixture.takeUndocumented().isEmpty)
    }
}
