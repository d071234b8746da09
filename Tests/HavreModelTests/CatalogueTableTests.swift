import HavreModel
import Testing
import Yams

/// Places and laws that must be in the catalogue, each with its country.
struct CatalogueTableTests {
    static let table: [(provider: String, service: String, regions: [String: String])] = [
        (
            "ovhcloud", "object-storage",
            [
                "gra": "FR", "rbx": "FR", "sbg": "FR", "eu-west-par": "FR", "eu-south-mil": "IT", "de": "DE",
                "waw": "PL", "uk": "GB", "bhs": "CA", "ca-east-tor": "CA", "sgp": "SG", "ap-southeast-syd": "AU",
                "ap-south-mum": "IN",
            ]
        ),
        (
            "outscale", "object-storage",
            [
                "eu-west-2": "FR", "cloudgouv-eu-west-1": "FR", "us-east-2": "US", "us-west-1": "US",
                "ap-northeast-1": "JP",
            ]
        ),
        ("scaleway", "object-storage", ["fr-par": "FR", "nl-ams": "NL", "pl-waw": "PL", "it-mil": "IT"]),
        ("cloud-temple", "object-storage", ["fr1": "FR"]), ("s3ns", "object-storage", ["u-france-east1": "FR"]),
        ("bleu", "blob-storage", ["bleufrancecentral": "FR"]),
        (
            "exoscale", "object-storage",
            ["ch-gva-2": "CH", "ch-dk-2": "CH", "at-vie-1": "AT", "de-fra-1": "DE", "bg-sof-1": "BG"]
        ),
        ("hetzner", "object-storage", ["fsn1": "DE", "nbg1": "DE", "hel1": "FI"]),
        ("ionos", "object-storage", ["de": "DE", "eu-central-2": "DE", "eu-south-2": "ES", "us-central-1": "US"]),
        ("stackit", "object-storage", ["eu01": "DE"]),
        ("open-telekom-cloud", "object-storage", ["eu-de": "DE", "eu-nl": "NL"]),
        (
            "microsoft-azure", "blob-storage",
            [
                "francecentral": "FR", "francesouth": "FR", "westeurope": "NL", "northeurope": "IE", "uksouth": "GB",
                "switzerlandnorth": "CH", "norwayeast": "NO", "germanywestcentral": "DE", "eastus": "US",
            ]
        ),
        (
            "amazon-web-services", "object-storage",
            [
                "eu-west-3": "FR", "eu-west-1": "IE", "eu-west-2": "GB", "eu-central-1": "DE", "eu-central-2": "CH",
                "eusc-de-east-1": "DE", "us-east-1": "US",
            ]
        ),
        (
            "google-cloud", "object-storage",
            ["europe-west9": "FR", "europe-west2": "GB", "europe-west6": "CH", "europe-west1": "BE"]
        ),
    ]

    @Test func everyRegionOfTheTableHasItsCountry() throws {
        let catalogue = try PolicySeeds.catalogue
        for (provider, service, regions) in Self.table {
            let known = try #require(catalogue.provider(provider)?.service(service), "\(provider)")
            for (region, country) in regions {
                #expect(known.region(region)?.country.known(on: Scene.today) == country, "\(provider)/\(region)")
            }
        }
        #expect(catalogue.jurisdictions.adequacy.first { $0.country == "US" }?.id == "DPF")
    }

    /// Where the company of the greatest holder sits is not verified; how much it holds is.
    @Test func exoscaleIsHeldFromOutside() throws {
        let exoscale = try #require(try PolicySeeds.catalogue.provider("exoscale"))
        #expect(exoscale.nonEUShareMax.known(on: Scene.today) == 56.55)
        #expect(exoscale.parentChain.doubt(on: Scene.today) == .unverified)
    }

    @Test func establishmentsElsewhereAreNamed() throws {
        let catalogue = try PolicySeeds.catalogue
        let named = [("ovhcloud", "CA"), ("ovhcloud", "US"), ("outscale", "US"), ("ionos", "US"), ("ionos", "GB")]
        for (id, country) in named {
            let known = catalogue.provider(id)?.thirdCountryEstablishments.known(on: Scene.today)
            #expect(known?.map(\.country).contains(country) == true, "\(id)")
        }
        #expect(catalogue.provider("hetzner")?.thirdCountryEstablishments.doubt(on: Scene.today) == .unverified)
        #expect(catalogue.provider("scaleway")?.thirdCountryEstablishments.doubt(on: Scene.today) == .missing)
    }

    @Test func pricesThatAreDatedCount() throws {
        let catalogue = try PolicySeeds.catalogue
        let scaleway = try #require(catalogue.provider("scaleway")?.service(nil))
        let storage = try #require(scaleway.price(of: .storage, region: "fr-par", on: Scene.today))
        #expect(storage.unit == Money(0.0146 / 1e9, "EUR"))
        #expect(scaleway.price(of: .write, region: "fr-par", on: Scene.today)?.unit == Money(0, "EUR"))
        #expect(scaleway.price(of: .storage, region: "it-mil", on: Scene.today) == nil)
        let google = try #require(catalogue.provider("google-cloud")?.service(nil))
        #expect(google.price(of: .storage, region: "us-central1", on: Scene.today) != nil)
        #expect(google.price(of: .storage, region: "europe-west9", on: Scene.today) == nil)
        #expect(google.price(of: .storage, region: "europe-west1", on: Scene.today) == nil, "an undated copy")
        #expect(google.price(of: .egress, region: "europe-west9", on: Scene.today)?.price.amount == 0.12)
    }

    @Test func hostsAreFoundWhereTheyStandAfterEveryChange() throws {
        var catalogue = try PolicySeeds.catalogue
        catalogue.providers.reverse()
        for id in catalogue.providerIDs { #expect(catalogue.provider(id)?.id == id) }
        catalogue.providers.removeAll { $0.id == "scaleway" }
        #expect(catalogue.provider("scaleway") == nil)
        catalogue.providers[3].displayName = "changed"
        #expect(catalogue.provider(catalogue.providers[3].id)?.displayName == "changed")
        let read = try YAMLDecoder().decode(Catalogue.self, from: YAMLEncoder().encode(catalogue))
        #expect(read == catalogue)
        #expect(read.provider("ovhcloud")?.id == "ovhcloud")
    }
}
