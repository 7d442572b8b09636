package aging

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
)

// The attributes that are instants, by table. A dot goes into a map, a star into each of its members, [] into
// each element of a list. Milliseconds, but for those in seconds.
var (
	orderInstants       = []string{"at", "ct", "se", "ru", "pd", "ff", "cn", "da"}
	idempotencySeconds  = []string{"x"}
	licenseInstants     = []string{"at", "ex", "ra", "aa", "va", "da"}
	credentialInstants  = []string{"pa", "aa", "ph.*.a", "pe.a", "cs", "ce", "cu", "r[]", "k[]", "na", "lk", "ls", "we", "mc", "da"}
	changeInstants      = []string{"at", "ph.*.a"}
	changeSeconds       = []string{"x"}
	limitInstants       = []string{"e"}
	limitSeconds        = []string{"x"}
	caseInstants        = []string{"at", "tt", "co[].at", "qz.e", "ap.at", "ap.en", "rv.at", "ac.e", "ac.at", "dt", "da"}
	appointmentInstants = []string{"at", "en", "ca", "ct"}
	bookingInstants     = []string{"ap.at", "ap.en"}
	personInstants      = []string{"q[]", "f[]"}
	personSeconds       = []string{"x"}
	sessionInstants     = []string{"at", "o", "oa", "d"}
	sessionSeconds      = []string{"x"}
	sessionIdle         = []string{"l"}
)

// shift moves the named instants of an item by into the past. An absent one stays absent, and zero, which
// stands for "never", stays zero.
func shift(item dynamo.Item, by, unit time.Duration, paths []string) error {
	for _, path := range paths {
		if err := shiftPath(&types.AttributeValueMemberM{Value: item}, strings.Split(strings.ReplaceAll(path, "[]", ".[]"), "."), int64(by/unit)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func shiftPath(at types.AttributeValue, path []string, by int64) error {
	switch v := at.(type) {
	case *types.AttributeValueMemberM:
		for name, member := range v.Value {
			if path[0] != "*" && path[0] != name {
				continue
			}
			if len(path) > 1 {
				if err := shiftPath(member, path[1:], by); err != nil {
					return err
				}
				continue
			}
			moved, err := earlier(member, by)
			if err != nil {
				return err
			}
			v.Value[name] = moved
		}
	case *types.AttributeValueMemberL:
		for i, element := range v.Value {
			if len(path) > 1 {
				if err := shiftPath(element, path[1:], by); err != nil {
					return err
				}
				continue
			}
			moved, err := earlier(element, by)
			if err != nil {
				return err
			}
			v.Value[i] = moved
		}
	default:
		return fmt.Errorf("is neither map nor list")
	}
	return nil
}

func earlier(v types.AttributeValue, by int64) (types.AttributeValue, error) {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return nil, fmt.Errorf("is no number")
	}
	at, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return nil, err
	}
	if at == 0 {
		return v, nil
	}
	return dynamo.N(at - by), nil
}
