@main struct Main { static func main() { print("igbm-dist") } }
