package stacks_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"phoneotp/infra/stacks"
	"phoneotp/shared/awsx"
)

// cloudFormation answers as the service does, a hundred resources a page.
func cloudFormation(resources int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("Action") != "ListStackResources" || r.FormValue("StackName") != "phoneotp" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		first := 0
		_, _ = fmt.Sscan(r.FormValue("NextToken"), &first)
		_, _ = fmt.Fprint(w, `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>`)
		last := min(first+100, resources)
		for i := first; i < last; i++ {
			_, _ = fmt.Fprintf(w, `<member><LogicalResourceId>R%d</LogicalResourceId><PhysicalResourceId>name-%d</PhysicalResourceId></member>`, i, i)
		}
		_, _ = fmt.Fprint(w, `<member><LogicalResourceId>Failed</LogicalResourceId></member></StackResourceSummaries>`)
		if last < resources {
			_, _ = fmt.Fprintf(w, `<NextToken>%d</NextToken>`, last)
		}
		_, _ = fmt.Fprint(w, `</ListStackResourcesResult></ListStackResourcesResponse>`)
	}
}

func reach(t *testing.T, service http.Handler) *awsx.Account {
	t.Helper()
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	vars := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": server.URL}
	a, err := awsx.New(func(name string) string { return vars[name] })
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEveryPageOfALargeStackIsRead(t *testing.T) {
	names, err := stacks.Names(t.Context(), reach(t, cloudFormation(250)), "phoneotp")
	if err != nil || len(names) != 250 || names["R0"] != "name-0" || names["R249"] != "name-249" {
		t.Errorf("%d names, %v", len(names), err)
	}
}

func TestAStackThatIsNotThereIsAnError(t *testing.T) {
	if _, err := stacks.Names(t.Context(), reach(t, cloudFormation(1)), "another"); err == nil {
		t.Error("no error")
	}
}
