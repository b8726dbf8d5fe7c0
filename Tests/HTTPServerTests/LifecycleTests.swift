// Beginning and end of a server.

import Bytes
import Glibc
import HTTPServer
import Synchronization
import TestKit
import Testing
import Threading

extension HTTPServerTests {
    @Suite("starting and stopping")
    struct LifecycleTests {
        @Test("a second server on the same port is refused, and the first keeps serving")
        func twoServers() throws {
            try withServer { server, application in
                var configuration = ServerConfiguration()
                configuration.port = server.port
                #expect(throws: ServerError.addressInUse) {
                    try Server(configuration: configuration, handler: application)
                }
                let response = try request(port: server.port, "GET", "/hello")
                #expect(response.status == 200)
            }
        }

        @Test("a port is free again as soon as its server has stopped")
        func restart() throws {
            var port: UInt16 = 0
            for _ in 0..<3 {
                let fixed = port
                try withServer(settings: changed { $0.port = fixed }) { server, _ in
                    port = server.port
                    let connection = try TestConnection(port: port)
                    #expect(try connection.request("GET", "/hello").status == 200)
                }
                #expect(throws: TestError.self) { try TestConnection(port: port) }
            }
        }

        @Test("a server listens on IPv6")
        func version6() throws {
            try withServer(settings: changed { $0.address = "::1" }) { server, application in
                let connection = try TestConnection(port: server.port, address: "::1")
                #expect(try connection.request("GET", "/hello").status == 200)
                #expect(application.seen.withLock { $0.peer } == "::1")
            }
        }

        @Test("addresses and settings that cannot work are errors, each said as what it is")
        func configuration() throws {
            var configuration = ServerConfiguration()
            configuration.port = 0
            configuration.address = "localhost"
            #expect(throws: ServerError.addressNotNumeric) {
                try Server(configuration: configuration, handler: Application())
            }
            configuration.address = "192.0.2.1"
            #expect(throws: ServerError.system(call: "bind", code: EADDRNOTAVAIL)) {
                try Server(configuration: configuration, handler: Application())
            }
            configuration.address = "127.0.0.1"
            configuration.eventLoops = 0
            #expect(throws: ServerError.configuration("eventLoops must be 1 to 256")) {
                try Server(configuration: configuration, handler: Application())
            }
        }

        @Test("starting twice is an error; stopping twice, or without a start, is not")
        func twice() throws {
            var configuration = ServerConfiguration()
            configuration.port = 0
            let server = try Server(configuration: configuration, handler: Application())
            try server.start()
            #expect(throws: ServerError.alreadyStarted) { try server.start() }
            #expect(server.stop() == server.stop())
            #expect(throws: ServerError.alreadyStarted) { try server.start() }
            let unused = try Server(configuration: configuration, handler: Application())
            #expect(unused.stop() == DrainReport())
        }

        @Test("more connections than descriptors are clamped, and said")
        func descriptors() throws {
            var configuration = ServerConfiguration()
            configuration.port = 0
            configuration.connections = 900_000
            let events = Locked<[ServerEvent]>([])
            let server = try Server(configuration: configuration, handler: Application()) { event in
                events.withLock { $0.append(event) }
            }
            defer { server.stop() }
            let limit = server.statistics().connectionLimit
            #expect(limit < 900_000)
            #expect(
                events.withLock {
                    $0.contains { if case .connectionsReduced(900_000, limit, _) = $0 { true } else { false } }
                })
        }

        @Test("stopping lets requests in flight finish, with workers and half arrived, and closes idle connections")
        func drain() throws {
            let application = Application()
            try withServer(application) { server, application in
                let idle = try TestConnection(port: server.port)
                #expect(try idle.request("GET", "/hello").status == 200)
                let slow = try TestConnection(port: server.port)
                try slow.sendRequest("GET", "/slow?500")
                let half = try TestConnection(port: server.port)
                try half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
                #expect(eventually { server.statistics().requestsInFlight == 2 })
                let stopping = try Thread(name: "stop") { server.stop() }
                #expect(idle.isClosed(within: 1))
                try half.send("def")
                let answer = try half.readResponse()
                #expect(answer.text == "abcdef")
                #expect(answer["Connection"] == "close")
                let slowAnswer = try slow.readResponse()
                #expect(slowAnswer.status == 200)
                #expect(slowAnswer["Connection"] == "close")
                #expect(slow.isClosed(within: 1))
                stopping.join()
                #expect(server.stop() == DrainReport(requestsFinished: 2, connectionsCut: 0, workersAbandoned: 0))
                #expect(application.ended.load(ordering: .relaxed) == 3)
            }
        }

        @Test("requests that do not finish in time are cut, and stopping returns")
        func cut() throws {
            let application = Application()
            try withServer(application, settings: changed { $0.drainSeconds = 1 }) { server, application in
                let half = try TestConnection(port: server.port)
                try half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
                #expect(eventually { server.statistics().requestsInFlight == 1 })
                let began = now()
                let report = server.stop()
                #expect(now() - began > 0.95)
                #expect(now() - began < 2)
                #expect(report.connectionsCut == 1)
                #expect(half.isClosed(within: 1))
                #expect(application.lost.load(ordering: .relaxed) == 1)
            }
        }

        @Test("waiting work is refused before the time is over, work under way waited for a little")
        func cutWork() throws {
            let application = Application()
            try withServer(
                application,
                settings: changed {
                    $0.drainSeconds = 1
                    $0.lanes = [LaneConfiguration(name: "one", threads: 1, queue: 10)]
                }
            ) { server, application in
                var connections: [TestConnection] = []
                for _ in 0..<5 {
                    let connection = try TestConnection(port: server.port)
                    try connection.sendRequest("GET", "/gate")
                    connections.append(connection)
                }
                #expect(eventually { server.statistics().workerQueueDepth == 4 })
                let stopping = try Thread(name: "stop") { server.stop() }
                #expect(eventually { server.statistics().lanes.first?.abandoned == 4 })
                #expect(eventually { server.statistics().suspended == 1 })
                application.gateIsOpen.store(true, ordering: .releasing)
                stopping.join()
                let answers = try connections.map { try $0.readResponse() }
                #expect(answers.count { $0.status == 503 && $0.text.contains("stopping") } == 4)
                #expect(server.stop() == DrainReport(requestsFinished: 5, connectionsCut: 0, workersAbandoned: 0))
                #expect(application.seen.withLock { $0.statuses.count { $0 == 200 } } == 1)
            }
        }

        @Test("work that does not end is left behind, and stopping returns all the same")
        func stuckWork() throws {
            var configuration = ServerConfiguration()
            configuration.port = 0
            configuration.drainSeconds = 1
            let application = Application()
            let server = try Server(configuration: configuration, handler: application)
            try server.start()
            let connection = try TestConnection(port: server.port)
            try connection.sendRequest("GET", "/gate")
            #expect(eventually { server.statistics().suspended == 1 })
            let began = now()
            let report = server.stop()
            #expect(now() - began < 4)
            #expect(report.workersAbandoned == 1)
            #expect(report.connectionsCut == 1)
            // What the thread still uses is alive: it ends like any other.
            #expect(application.seen.withLock { $0.threads.count } == 2)
            application.gateIsOpen.store(true, ordering: .releasing)
            usleep(50_000)
        }
    }
}
