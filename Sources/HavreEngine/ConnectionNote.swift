import HavreCrypto
public import HavreJournal
public import HavreModel
public import HavreStores

extension Connection {
    /// The kind of the event that records a connection.
    public static let eventKind = "endpoint.connected"

    /// What the journal keeps of it.
    public func note(_ location: Location) -> JournalNote {
        var json = CanonicalJSON()
        json.beginObject()
        json.name("address")
        json.string(address.description)
        json.name("bucket")
        json.string(location.bucket)
        if let certificate = tls?.certificate {
            json.name("certificate")
            json.beginObject()
            json.name("issuer")
            json.string(certificate.issuer)
            json.name("notAfter")
            json.integer(certificate.notAfter)
            json.name("notBefore")
            json.integer(certificate.notBefore)
            json.name("sha256")
            json.string(certificate.sha256)
            json.name("subject")
            json.string(certificate.subject)
            json.endObject()
        }
        json.name("host")
        json.string(host)
        json.name("provider")
        json.string(location.provider)
        json.name("proxied")
        json.bool(isProxied)
        if let region = region.name {
            json.name("region")
            json.string(region)
        }
        if let tls {
            json.name("tls")
            json.string(tls.version)
        }
        json.endObject()
        return JournalNote(json: json.bytes)
    }
}
