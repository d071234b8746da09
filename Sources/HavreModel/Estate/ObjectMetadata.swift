/// What a store keeps beside an object's bytes.
public struct ObjectMetadata: Hashable, Sendable, Codable {
    /// `Content-Type`
    public var contentType: String?
    /// `Content-Encoding`
    public var contentEncoding: String?
    /// `Content-Language`
    public var contentLanguage: String?
    /// `Content-Disposition`
    public var contentDisposition: String?
    /// `Cache-Control`
    public var cacheControl: String?
    /// User metadata, names lower-cased, without the store's prefix.
    public var user: [String: String]
    /// Tags.
    public var tags: [String: String]

    /// Collects metadata; nil is absent.
    public init(
        contentType: String? = nil, contentEncoding: String? = nil, contentLanguage: String? = nil,
        contentDisposition: String? = nil, cacheControl: String? = nil, user: [String: String] = [:],
        tags: [String: String] = [:]
    ) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.contentLanguage = contentLanguage
        self.contentDisposition = contentDisposition
        self.cacheControl = cacheControl
        self.user = user
        self.tags = tags
    }
}
