import ArgumentParser
import Yams

@main struct Havre: AsyncParsableCommand {}
