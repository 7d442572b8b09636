package attachment

// File is a file that goes with a mail.
type File struct {
	Name string
	Type string // media type, as "text/calendar; method=REQUEST"
	Data []byte
}
