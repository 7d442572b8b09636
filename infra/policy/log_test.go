package policy

import (
	"regexp"
	"strings"
	"testing"

	"phoneotp/infra/bench/figures"
)

// inTheLog are what the door may log of a request, each with a value of usual length. The path, the query, headers
// and bodies can hold what must not be kept.
var inTheLog = map[string]string{
	"$context.requestId": "JKJaXmPLvHcESHA=", "$context.requestTimeEpoch": "1795690800000", "$context.routeKey": "POST /api/otp/verify",
	"$context.status": "200", "$context.identity.sourceIp": "192.0.2.100", "$context.responseLength": "512",
	"$context.responseLatency": "48", "$context.integrationLatency": "45", "$context.integrationErrorMessage": "-",
}

func TestTheDoorsLogSaysNoPathAndFewBytes(t *testing.T) {
	format, _ := readTemplate(t).resources["Api"].at("Properties", "AccessLogSettings", "Format").(string)
	names := regexp.MustCompile(`\$context(\.\w+)+`).FindAllString(format, -1)
	if len(names) == 0 {
		t.Fatal("the door logs nothing")
	}
	line := format
	for _, name := range names {
		value, may := inTheLog[name]
		if !may {
			t.Errorf("%s is logged", name)
		}
		line = strings.Replace(line, name, value, 1)
	}
	if strings.Contains(line, "$") {
		t.Errorf("a variable is left in %s", line)
	}
	figures.AtMost(t, 12, "bytes of log, a request at the door", float64(len(line)+figures.PerLine), 320)
}

func TestFunctionsLogWhatWentWrongOfLambdasOwn(t *testing.T) {
	globals, _ := readTemplate(t).all["Globals"].(map[string]any)
	logging, _ := resource(globals).at("Function", "LoggingConfig").(map[string]any)
	if logging["LogFormat"] != "JSON" || logging["SystemLogLevel"] != "WARN" || refersTo(logging["LogGroup"]) != "FunctionLogs" {
		t.Errorf("%v", logging)
	}
	for id, f := range readTemplate(t).functions {
		if f.at("Properties", "LoggingConfig") != nil {
			t.Errorf("%s has a log of its own", id)
		}
	}
}
