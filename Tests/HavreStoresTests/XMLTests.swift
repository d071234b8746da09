import HavreModel
import Testing

@testable import HavreStores

@Suite("XML")
struct XMLTests {
    /// Parses in pieces of `step` bytes.
    private func page(_ text: String, step: Int = .max) throws -> ListingPage {
        let page = ListingPage()
        let reader = try XMLReader(page, origin: "test")
        try feed(Array(text.utf8), to: reader, step: step)
        page.decodeKeys()
        return page
    }

    private func feed(_ bytes: [UInt8], to reader: XMLReader, step: Int) throws {
        var at = 0
        while at < bytes.count {
            let end = step < bytes.count - at ? at + step : bytes.count
            try bytes[at..<end].withUnsafeBytes { try reader.receive($0) }
            at = end
        }
        try reader.finish()
    }

    private let listing = """
        <?xml version="1.0" encoding="UTF-8"?>
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>p/</Prefix>
        <KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>
        <NextContinuationToken>t&amp;1+/=</NextContinuationToken>
        <Contents><Key>p/a &amp; b&lt;&gt;&quot;&apos;&#x9;é</Key><LastModified>2026-11-24T06:30:00.000Z</LastModified>
        <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>0</Size><StorageClass>STANDARD</StorageClass>
        <Owner><ID>x</ID><DisplayName>Key</DisplayName></Owner></Contents>
        <Contents><Key>p/%2F+</Key><ETag>"e-2"</ETag><Size>18446744073709551615</Size></Contents>
        <CommonPrefixes><Prefix>no</Prefix></CommonPrefixes></ListBucketResult>
        """

    @Test(arguments: [1, 2, 3, 7, 64, Int.max])
    func `a listing is read whatever pieces it comes in`(_ step: Int) throws {
        let page = try page(listing, step: step)
        #expect(page.root == "ListBucketResult")
        #expect(page.isTruncated)
        #expect(page.token == Array("t&1+/=".utf8))
        #expect(
            page.entries == [
                ObjectEntry(
                    key: ObjectKey("p/a & b<>\"'\té"),
                    version: SourceVersion(
                        entityTag: "d41d8cd98f00b204e9800998ecf8427e", size: 0, modified: 1_795_501_800_000_000_000),
                    tier: "STANDARD"),
                ObjectEntry(
                    key: ObjectKey("p/%2F+"), version: SourceVersion(entityTag: "e-2", size: .max), tier: nil),
            ])
        #expect(page.problem == nil)
    }

    @Test func `keys are decoded only where the answer says that they are encoded, even behind them`() throws {
        let encoded = listing.replacing(
            "</ListBucketResult>", with: "<EncodingType>url</EncodingType></ListBucketResult>")
        #expect(try page(encoded).entries.last?.key == ObjectKey("p// "))
        #expect(try page(encoded.replacing("%2F", with: "%2")).problem != nil)
        #expect(
            try page(encoded.replacing("%2F", with: "%00%0a%FF")).entries.last?.key
                == ObjectKey([0x70, 0x2f, 0, 10, 255, 32]))
    }

    @Test(arguments: ["<Size>0</Size>", "<Key>p/a &amp; b&lt;&gt;&quot;&apos;&#x9;é</Key>"])
    func `an entry without key or size is a problem, not an entry`(_ missing: String) throws {
        #expect(try page(listing.replacing(missing, with: "")).problem != nil)
    }

    @Test(arguments: ["-1", "1e3", "18446744073709551616", " 1", ""])
    func `a size that is no number is a problem`(_ size: String) throws {
        #expect(try page(listing.replacing("<Size>0</Size>", with: "<Size>\(size)</Size>")).problem != nil)
    }

    @Test func `every truncation is an error`() throws {
        let bytes = Array(listing.utf8)
        for length in stride(from: 0, to: bytes.count - 1, by: 3) {
            let reader = try XMLReader(ListingPage(), origin: "test")
            #expect(throws: StoreError.self) { try feed(Array(bytes[..<length]), to: reader, step: 100) }
        }
    }

    private func code(_ text: String, bounds: XMLReader.Bounds = XMLReader.Bounds()) -> StoreError.Code? {
        do {
            let reader = try XMLReader(XMLRecords(), origin: "test", bounds: bounds)
            try feed(Array(text.utf8), to: reader, step: 4096)
            return nil
        } catch { return (error as? StoreError)?.code }
    }

    @Test func `a document type is refused, and so is every entity that is not predefined`() {
        var laughs = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\">"
        for level in 1..<10 {
            laughs +=
                "<!ENTITY lol\(level) \"" + String(repeating: "&lol\(level == 1 ? "" : "\(level - 1)");", count: 10)
                + "\">"
        }
        laughs += "]><Error><Code>&lol9;</Code></Error>"
        #expect(code(laughs) == .protocolViolation)
        #expect(code("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>") == .protocolViolation)
        #expect(code("<!DOCTYPE a><a/>") == .protocolViolation)
        #expect(code("<a>&other;</a>") == .protocolViolation)
        #expect(code("<a>&amp;</a>") == nil)
    }

    @Test func `depth, texts and documents are bounded`() {
        let deep = String(repeating: "<a>", count: 17) + String(repeating: "</a>", count: 17)
        #expect(code(deep) == .protocolViolation)
        #expect(code(String(repeating: "<a>", count: 16) + String(repeating: "</a>", count: 16)) == nil)
        #expect(code("<a>" + String(repeating: "x", count: 65_537) + "</a>") == .protocolViolation)
        #expect(
            code("<a>" + String(repeating: "<b/>", count: 500) + "</a>", bounds: .init(total: 1000))
                == .protocolViolation)
    }

    @Test(arguments: ["<a></b>", "<a", "plain", "<a/><b/>", "<a>\u{1}</a>", "<a b=c/>", "{}", "<a>&#0;</a>"])
    func `what is no XML is an error`(_ text: String) { #expect(code(text) != nil) }

    @Test func `spaces before the declaration are let pass`() {
        #expect(code("  \n\t<?xml version=\"1.0\"?><a/>") == nil)
    }

    @Test func `a reader that is restarted forgets`() throws {
        let page = ListingPage()
        let reader = try XMLReader(page, origin: "test")
        try Array("<a><b>".utf8).withUnsafeBytes { try reader.receive($0) }
        reader.restart()
        try feed(Array(listing.utf8), to: reader, step: 50)
        #expect(page.entries.count == 2)
    }

    @Test func `records gather one kind of element, and no more than a page`() throws {
        let text = "<R><T>true</T><P><N>1</N><S>5</S><X><N>9</N></X></P><P><N>2</N></P></R>"
        let records = XMLRecords("P", limit: 2)
        try feed(Array(text.utf8), to: try XMLReader(records, origin: "test"), step: 1)
        #expect(records.records.map { $0["N"] } == [Array("1".utf8), Array("2".utf8)])
        #expect(records.outer["T"] == Array("true".utf8))
        let few = XMLRecords("P", limit: 1)
        try feed(Array(text.utf8), to: try XMLReader(few, origin: "test"), step: 1)
        #expect(few.isOverfull)
    }
}
