package bureau

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
)

// The form of a request, as Precise ID takes it.
type (
	request struct {
		Header  header  `json:"header"`
		Payload payload `json:"payload"`
	}
	header struct {
		TenantID          string         `json:"tenantId"`
		RequestType       string         `json:"requestType"`
		ClientReferenceID string         `json:"clientReferenceId"`
		ExpRequestID      string         `json:"expRequestId"`
		MessageTime       string         `json:"messageTime"`
		TxnID             string         `json:"txnId"`
		Time              string         `json:"time"`
		Options           map[string]any `json:"options"`
	}
	payload struct {
		Control     []option     `json:"control"`
		Contacts    []contact    `json:"contacts,omitempty"`
		Application *application `json:"application,omitempty"`
		KBA         *kba         `json:"kba,omitempty"`
	}
	option struct {
		Option string `json:"option"`
		Value  string `json:"value"`
	}
	application struct {
		ProductDetails struct {
			ProductType string `json:"productType"`
		} `json:"productDetails"`
	}
	contact struct {
		ID                string      `json:"id"`
		Person            person      `json:"person"`
		Addresses         []residence `json:"addresses"`
		Telephones        []telephone `json:"telephones,omitempty"`
		IdentityDocuments []document  `json:"identityDocuments,omitempty"`
	}
	person struct {
		PersonDetails struct {
			DateOfBirth string `json:"dateOfBirth"`
		} `json:"personDetails"`
		Names []name `json:"names"`
	}
	name struct {
		FirstName string `json:"firstName"`
		SurName   string `json:"surName"`
	}
	residence struct {
		AddressType       string `json:"addressType"`
		Street            string `json:"street"`
		Street2           string `json:"street2"`
		PostTown          string `json:"postTown"`
		StateProvinceCode string `json:"stateProvinceCode"`
		Postal            string `json:"postal"`
	}
	telephone struct {
		Number string `json:"number"`
	}
	document struct {
		DocumentType   string `json:"documentType"`
		DocumentNumber string `json:"documentNumber"`
	}
	kba struct {
		SessionID string            `json:"sessionId"`
		Questions int               `json:"outWalletQuestionsRequest"`
		Answers   map[string]string `json:"answers"`
	}
)

// starting is the request for questions about somebody.
func (c *Client) starting(who contact, ref string, now time.Time) request {
	r := c.request(ref, now)
	r.Payload.Contacts = []contact{who}
	// The person's own written instructions are what allows us to ask (research 3.4, consent).
	r.Payload.Application = &application{}
	r.Payload.Application.ProductDetails.ProductType = "WRITTEN_INSTRUCTIONS"
	return r
}

// answering is the request that carries answers: places from 1, as texts, by the number of the question.
func (c *Client) answering(s session, choices []int, now time.Time) request {
	r := c.request(s.Ref, now)
	answers := make(map[string]string, len(choices))
	for i, choice := range choices {
		answers[fmt.Sprintf("outWalletAnswer%d", i+1)] = strconv.Itoa(choice + 1)
	}
	r.Payload.KBA = &kba{SessionID: s.ID, Questions: len(choices), Answers: answers}
	return r
}

func (c *Client) request(ref string, now time.Time) request {
	return request{
		Header: header{
			TenantID: c.credentials.Tenant, RequestType: "PreciseIdOnly", ClientReferenceID: ref,
			MessageTime: now.UTC().Format(time.RFC3339), Options: map[string]any{},
		},
		Payload: payload{Control: []option{
			{"PIDXML_VERSION", "06.00"},
			{"SUBSCRIBER_PREAMBLE", "TBD3"},
			{"SUBSCRIBER_OPERATOR_INITIAL", "OT"},
			{"SUBSCRIBER_SUB_CODE", c.credentials.Subscriber},
			{"PID_USERNAME", c.credentials.PIDUsername},
			{"PID_PASSWORD", base64.StdEncoding.EncodeToString([]byte(c.credentials.PIDPassword.Reveal()))},
			{"VERBOSE", "Y"},
			{"PRODUCT_OPTION", "24"},
			{"DETAIL_REQUEST", "D"},
			{"TEST_INDICATOR", "N"},
		}},
	}
}
