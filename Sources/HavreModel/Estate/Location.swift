/// Provider + bucket (container, directory) + prefix.
public struct Location: Hashable, Sendable {
    /// A provider of the plan, by its name there.
    public var provider: String
    /// Bucket, container or absolute directory.
    public var bucket: String
    /// What all keys begin with; it is no part of an object's key in the dataset.
    public var prefix: ObjectKey

    /// Names a location.
    public init(provider: String, bucket: String, prefix: ObjectKey = ObjectKey("")) {
        self.provider = provider
        self.bucket = bucket
        self.prefix = prefix
    }
}
