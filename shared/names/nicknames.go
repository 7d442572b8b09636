package names

import "strings"

// groups are given names that one person may go by, a line each. A name may stand in several.
const groups = `
abigail abby gail
abraham abe bram
albert al bert bertie
alexander alex alec sandy sasha xander
alexandra alex sandra sandy sasha lexi
alfred al alf fred freddie
andrew andy drew
anthony antonio tony
arthur art artie
barbara barb babs barbie
benjamin ben benji benny
bernard bernie
bradley brad
catherine katherine kathryn cathy kathy kate katie kitty cat kat
charles charlie chuck chas carlos
charlotte charlie lottie
christina christine chris chrissy tina
christopher chris kit topher
clifford cliff
daniel dan danny
david dave davey
deborah debra deb debbie
donald don donnie
dorothy dot dottie dolly
edward ed eddie ned ted teddy
edwin ed eddie
eleanor ellie nell nora
elizabeth beth betsy betty eliza libby lisa liz lizzie
emily em emmy
eugene gene
francis frank frankie fran
frances fran frankie fanny
francisco paco pancho frank
frederick fred freddie rick
gabriel gabe
gerald gerry jerry
gregory greg
harold hal harry
helen nell nellie
henry hank harry hal
herbert herb bert
howard howie
isabella isabel bella izzy belle
jacob jake
jacqueline jackie
james jim jimmy jamie
janet jan
jeffrey geoffrey jeff geoff
jennifer jen jenny
jeremy jerry
jessica jess jessie
john jack johnny jon
jonathan jon jonny nathan
jose pepe
joseph joe joey
joshua josh
judith judy
katrina trina kat
kenneth ken kenny
kimberly kim
lawrence laurence larry
leonard leo len lenny
louis lou louie
louise lou
margaret maggie meg peg peggy marge margie rita greta
martha marty
martin marty
mary molly polly mamie
matthew matt
melissa mel missy
michael mike mick mickey mikey misha
michelle shelly
mikhail misha mike
mohammed muhammad mohamed mohammad
nancy nan
natalie nat
nathaniel nathan nate nat
nicholas nick nicky
nicole nikki
pamela pam
patricia pat patty tricia trish
patrick pat paddy rick
peter pete
philip phillip phil
priscilla cilla
raymond ray
rebecca becca becky
reginald reg reggie
richard dick rich richie rick ricky
robert bob bobby bert rob robbie
roberta bobbie robbie
ronald ron ronnie
rosemary rose rosie
russell russ
samantha sam sammy
samuel sam sammy
sarah sally sadie
stephanie steph
stephen steven steve stevie
stuart stewart stu
susan sue susie suzy
susannah sue susie suzy
teresa theresa terry tess tessa
terence terry
theodore ted teddy theo
thomas tom tommy
timothy tim timmy
valerie val
victor vic
victoria vicky tori
vincent vince vinny
virginia ginny ginger
walter walt wally
william bill billy liam will willie
yevgeny evgeny zhenya
zachary zach zack
`

// nicknames tells whether two given names stand in one group.
func nicknames(a, b string) bool {
	x, y := spellings(a)[0], spellings(b)[0]
	for group := range strings.Lines(groups) {
		words := " " + strings.TrimSpace(group) + " "
		if strings.Contains(words, " "+x+" ") && strings.Contains(words, " "+y+" ") {
			return true
		}
	}
	return false
}
