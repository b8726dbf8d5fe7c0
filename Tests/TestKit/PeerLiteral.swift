// Peers as tests write them: `10.0.0.1`, `uid:1000`, or anything else for one that is not known.

public import Network

extension Peer: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self.init(text: text) }

    public init(text: String) {
        if text.hasPrefix("uid:"), let user = UInt32(text.dropFirst(4)) {
            self.init(.user(user))
        } else {
            self = IPAddress(text).map { Peer(.address($0)) } ?? .unknown
        }
    }
}
