// Package phone owns what a telephone number is to the product: its one written form (E.164), where it
// lies, whether it can take a text or a call, and how it is shown ("ending 0123"). It is pure.
//
// Rules (product.md 2 and 5), in the order in which a refusal is found:
//
//	phone-invalid        letters, extensions, 00 without +, more than 15 digits, not a number of any plan
//	phone-not-usable     premium, toll-free, shared-cost, personal, pager, company-wide, voicemail and
//	                     unknown numbers; a fixed line for texts; a country that is closed for the channel
//	phone-wrong-region   not where the product serves, or not in the chosen country
//
// A US service takes numbers of the 50 states and DC, an international service all others. Which those
// are is decided by the numbering-plan area: areacodes.go has one mark for each area code of +1, generated
// from libphonenumber by the areas command and compared with it by a test. A number of +1 is judged by
// that table and the shape of the plan alone (area code and exchange begin with 2 to 9, neither is N11),
// because the library knows few exchanges of the small islands.
//
// countries.json is the policy of open countries: each open or closed for text and for voice. It ships
// open where AWS End User Messaging reaches; operators edit the file.
//
// Free-form input is parsed in package parsing, the only one that links the number library.
package phone
