// What was probably meant by a name that there is not.

/// The name that takes the fewest letters put in, taken out or exchanged; nil where even that is another word.
func nearestName(to name: String, in names: some Sequence<String>) -> String? {
    let candidates = names.map { (name: $0, distance: distance(name, $0)) }
    guard let best = candidates.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    return best.distance <= max(2, name.count / 3) ? best.name : nil
}

/// Levenshtein's. Names are short.
private func distance(_ one: String, _ other: String) -> Int {
    let (one, other) = (Array(one.utf8.prefix(64)), Array(other.utf8.prefix(64)))
    var row = Array(0...other.count)
    for (index, letter) in one.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for (place, otherLetter) in other.enumerated() {
            let exchanged = diagonal + (letter == otherLetter ? 0 : 1)
            diagonal = row[place + 1]
            row[place + 1] = min(exchanged, min(row[place], row[place + 1]) + 1)
        }
    }
    return row[other.count]
}
