package appointment

// The words of this room in English. Keys of the pool stand in the table: they stay, words may change.

type cue struct{ key, text string }

// pool are the cues of which an agent asks two, drawn for each appointment.
var pool = []cue{
	{"left", "Ask them to turn their head slowly to the left, then look back."},
	{"right", "Ask them to turn their head slowly to the right, then look back."},
	{"hand", "Ask them to move an open hand slowly between face and camera."},
	{"pen", "Ask them to pass a pen between face and camera."},
	{"ear", "Ask them to touch their left ear with their right hand."},
	{"nose", "Ask them to touch their nose with one finger, then show the finger."},
	{"fingers", "Ask them to hold up a number of fingers that you choose now."},
	{"closer", "Ask them to come closer until the face fills the picture."},
	{"tilt", "Ask them to tilt the document so that its hologram moves."},
	{"beside", "Ask them to hold the document beside their face, then cover half of it with a finger."},
	{"chin", "Ask them to lift their chin and look at the ceiling."},
	{"word", "Ask them to say a word that you choose now, twice."},
}

// steps are what an agent goes through, in order.
var steps = []string{
	"Say the verification word and ask whether the holder's page shows it.",
	"Repeat the consent and hear a clear yes.",
	"Keep the face in view from beginning to end.",
	"Ask for the first cue.",
	"See the document: type, issuing country, expiry, security features, printed name.",
	"Compare the face with the portrait.",
	"Ask for the second cue.",
	"Watch for somebody who prompts or presses the holder.",
	"Conclude with an outcome and a reason.",
}

// words are what a verification word is drawn from: short, easy to say and to tell apart.
const words = `acorn amber anchor apple arrow aspen autumn badger bamboo banjo barley basket beacon birch bison blossom bramble breeze bridge bronze
butter cabin cactus candle canoe canyon carbon castle cedar chalk cherry cider cinder citrus clover cobalt comet copper coral cotton crane cricket
crystal daisy desert diamond dolphin dragon eagle ember falcon feather fennel ferry finch flint forest fossil garden garnet ginger glacier granite
harbor harvest hazel heron honey indigo island ivory jasmine juniper kettle lagoon lantern lemon lilac linen lotus magnet mango maple marble meadow
melon mirror mosaic mustard nectar nutmeg oasis olive onyx orchid otter oyster paddle panther papaya pebble pepper pigeon pillow planet plum pollen
poplar prairie pumpkin quartz rabbit raven ribbon river robin rocket saddle saffron salmon sapphire shadow silver sparrow spruce summit sunset
thistle thunder timber topaz tulip tundra turtle valley velvet violet walnut willow winter yarrow zebra zephyr`

const (
	wordNotChecked  = "must be confirmed"
	wordType        = "is not a document that we take"
	wordExpired     = "has expired"
	wordDate        = "must be a date, as 2031-01-31"
	wordName        = "is not the name of the account"
	wordNameMissing = "must be the name as it is printed"
	wordLast4       = "must be the last four letters or digits of its number"
	wordRequired    = "is required"
	wordLong        = "is too long"
	wordOutcome     = "must be passed, failed, incomplete, no-show or fraud"
)
