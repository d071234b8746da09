// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/providers/microsoft-azure.yaml`.
    static let providersMicrosoftAzure = #"""
        # Microsoft Azure: contracts in Europe through Ireland, US parent. The region changes the place, never the law.
        # An operator checks these facts before relying on them; `verifiedOn: null` counts as unknown.
        id: microsoft-azure
        displayName: Microsoft Azure
        seat: {value: IE, source: "Conseil d'État, order of 2020-10-13, no. 444937 (Microsoft Ireland)", verifiedOn: 2026-11-23}
        parentChain:
          value: [{name: Microsoft Corporation, law: US}]
          source: "Microsoft France before the French Senate, 2025-06-10"
          verifiedOn: 2026-11-23
        services:
          - id: blob-storage
            protocol: azure-blob
            endpoint: "https://{account}.blob.core.windows.net"
            addressing: path
            maxParts: 50000
            checksum: contentMD5
            source: "https://learn.microsoft.com/azure/reliability/regions-list"
            verifiedOn: 2026-11-23
            regions:
              - {id: australiacentral, country: AU, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: australiacentral2, country: AU, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: australiaeast, country: AU, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: australiasoutheast, country: AU, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: austriaeast, country: AT, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: belgiumcentral, country: BE, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: brazilsouth, country: BR, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: brazilsoutheast, country: BR, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: canadacentral, country: CA, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: canadaeast, country: CA, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: centralindia, country: IN, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: centralus, country: US, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: chilecentral, country: CL, source: "https://northflank.com/cloud/azure/regions", verifiedOn: 2026-11-23}
              - {id: eastasia, country: HK, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: eastus, country: US, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: eastus2, country: US, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: francecentral, country: FR, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: francesouth, country: FR, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: germanynorth, country: DE, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: germanywestcentral, country: DE, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: indonesiacentral, country: ID, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: israelcentral, country: IL, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: italynorth, country: IT, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: japaneast, country: JP, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: japanwest, country: JP, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: koreacentral, country: KR, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: koreasouth, country: KR, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: malaysiawest, country: MY, source: "https://northflank.com/cloud/azure/regions", verifiedOn: 2026-11-23}
              - {id: mexicocentral, country: MX, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: newzealandnorth, country: NZ, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: northcentralus, country: US, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: northeurope, country: IE, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: norwayeast, country: "NO", source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: norwaywest, country: "NO", source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: polandcentral, country: PL, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: qatarcentral, country: QA, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: southafricanorth, country: ZA, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: southafricawest, country: ZA, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: southcentralus, country: US, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: southeastasia, country: SG, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: southindia, country: IN, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: spaincentral, country: ES, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: swedencentral, country: SE, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: switzerlandnorth, country: CH, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: switzerlandwest, country: CH, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: uaecentral, country: AE, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: uaenorth, country: AE, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: uksouth, country: GB, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: ukwest, country: GB, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: westcentralus, country: US, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: westeurope, country: NL, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: westindia, country: IN, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: westus, country: US, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: westus2, country: US, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
              - {id: westus3, country: US, source: "https://learn.microsoft.com/azure/reliability/regions-list", verifiedOn: 2026-11-23}
            # Hot, locally redundant. No price of a European region was found.
            prices:
              - {item: storage, amount: 0.018, currency: USD, per: GB-month, regions: [eastus], source: "a third party's list of 2026-05, marked as generated", verifiedOn: null}
              - {item: write, amount: 0.05, currency: USD, per: 10000, regions: [koreacentral], source: "a copy of the retail price API of 2026-06-21", verifiedOn: null}
              - {item: read, amount: 0.004, currency: USD, per: 10000, regions: [koreacentral], source: "a copy of the retail price API of 2026-06-21", verifiedOn: null}
            certifications:
              # Held by Microsoft Ireland; stated for the centres in France. Other regions are not shown to be in scope.
              - name: HDS
                status: held
                regions: [francecentral]
                source: "https://www.code-commande-publique.com/validation-des-services-cloud-microsoft-par-le-conseil-detat"
                verifiedOn: 2026-11-23
              - name: SecNumCloud
                status: none
                source: survey of secondary sources for this catalogue
                verifiedOn: 2026-11-23

        """#
}
