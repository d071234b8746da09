// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/exoscale.yaml`.
    static let providersExoscale = #"""
        # Exoscale: seat in Switzerland, part of A1 (Austria), of which América Móvil (Mexico) holds the majority.
        # The Swiss zones lie outside the EEA.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: exoscale
        displayName: Exoscale
        seat: {value: CH, source: survey of secondary sources for this catalogue, verifiedOn: 2026-11-23}
        # The chain is not verified; the greatest share above it is.
        parentChain:
          value: [{name: A1 Digital, law: AT}, {name: Telekom Austria, law: AT}, {name: América Móvil, law: MX}]
          source: "Cloud Sovereignty Framework provider cards (csf.hop3.abilian.com), undated"
          verifiedOn: null
        nonEUShareMax:
          value: 56.55
          source: "https://totaltele.com/america-movil-ups-stake-in-a1-telekom-austria/ (2023-07-26; 51 % in 2023-02)"
          verifiedOn: 2026-11-24
        services:
          - id: object-storage
            protocol: s3
            endpoint: "https://sos-{region}.exo.io"
            addressing: path
            maxParts: 10000
            checksum: contentMD5
            source: "https://openapi-v2.exoscale.com/source.json (zone names)"
            verifiedOn: 2026-11-23
            regions:
              - {id: ch-gva-2, country: CH, source: "https://openapi-v2.exoscale.com/source.json (zone names)", verifiedOn: 2026-11-23}
              - {id: ch-dk-2, country: CH, source: "https://openapi-v2.exoscale.com/source.json (zone names)", verifiedOn: 2026-11-23}
              - {id: at-vie-1, country: AT, source: "https://openapi-v2.exoscale.com/source.json (zone names)", verifiedOn: 2026-11-23}
              - {id: at-vie-2, country: AT, source: "https://openapi-v2.exoscale.com/source.json (zone names)", verifiedOn: 2026-11-23}
              - {id: de-fra-1, country: DE, source: "https://openapi-v2.exoscale.com/source.json (zone names)", verifiedOn: 2026-11-23}
              - {id: de-muc-1, country: DE, source: "https://openapi-v2.exoscale.com/source.json (zone names)", verifiedOn: 2026-11-23}
              - {id: bg-sof-1, country: BG, source: "https://openapi-v2.exoscale.com/source.json (zone names)", verifiedOn: 2026-11-23}
              - {id: hr-zag-1, country: HR, source: name of the zone not verified, verifiedOn: null}
            certifications:
              - name: SecNumCloud
                status: none
                source: survey of secondary sources for this catalogue
                verifiedOn: 2026-11-23
              - name: HDS
                status: none
                source: survey of secondary sources for this catalogue
                verifiedOn: 2026-11-23

        """#
}
