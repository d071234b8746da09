/// What hosts of a catalogue and the companies above them are called, for telling whom a name means. Made once for a plan:
/// thousands of datasets may name thousands of people.
struct HostNames {
    private struct Name {
        let text: String
        let spoken: [String]
        let telling: [String]

        init(_ text: String) {
            self.text = text
            spoken = text.spokenWords
            telling = text.tellingWords
        }
    }
    private struct Host {
        let provider: Provider
        let own: [Name]
        let parents: [Name]
    }
    private let hosts: [Host]
    private let catalogue: Catalogue

    init(_ catalogue: Catalogue) {
        self.catalogue = catalogue
        hosts = catalogue.providers.map { provider in
            Host(
                provider: provider, own: [Name(provider.displayName), Name(provider.id)],
                parents: (provider.parentChain.value ?? []).map { Name($0.name) })
        }
    }

    /// The laws that reach into whoever is called `name`, where that is a provider or a company above one.
    ///
    /// Where it only looks like one of theirs, each law of that host is unknown for him, and says whom he may be. `id` is
    /// the host that the plan says he is; it settles what a mere likeness leaves open.
    func laws(of name: String, who id: String? = nil) -> [LawFact] {
        if let id, let provider = catalogue.provider(id) { return provider.laws }
        let (spoken, telling) = (name.spokenWords, name.tellingWords)
        let exact = hosts.flatMap { host -> [LawFact] in
            if host.own.contains(where: { $0.spoken == spoken }) { return host.provider.laws }
            guard let place = host.parents.firstIndex(where: { $0.spoken == spoken }) else { return [] }
            // The seat's law is not the parent's; of those above only the rest of the chain is.
            return Array(host.provider.laws.dropFirst(1 + place))
        }
        guard exact.isEmpty, id == nil else { return exact }
        return hosts.compactMap { host in
            guard let other = (host.own + host.parents).first(where: { String.resemble(telling, $0.telling) }) else {
                return nil
            }
            let whose = "\(other.text) (\(host.provider.id))"
            return LawFact(
                name: Text(
                    en: "law of \(name), who may be \(whose); state which host it is under `is:`, or `is: custom`",
                    fr:
                        "droit de \(name), peut-être \(whose) ; indiquer par `is:` quel hébergeur c'est, ou `is: custom`"
                ),
                law: Fact(nil, source: Fact<String>.missing.source, verifiedOn: nil))
        }
    }
}
