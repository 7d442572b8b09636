package policy

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

const (
	dynamoRoom = module + "/shared/dynamo"
	dynamoDB   = "(*" + dynamoRoom + ".DB)."
)

// Targets that are no resource of ours.
const (
	numbers = "any number"      // a text goes to a number
	sender  = "sender identity" // mail goes out from an identity of SES
	caller  = "any caller"      // a call goes out from a number or pool

	// the workflow, by its name: the template cannot refer to it without a circle
	workflow   = "AWS::Partition:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}-proofing"
	executions = "AWS::Partition:states:${AWS::Region}:${AWS::AccountId}:execution:${AWS::StackName}-proofing:*"
)

// reads is what each method of dynamo.DB asks, but for Query, whose index decides, and Commit, whose writes
// are judged where they are built.
var reads = map[string]string{"Get": "GetItem", "BatchGet": "BatchGetItem", "Update": "UpdateItem"}

// lookAtCall notes what a call asks of AWS.
func (c *code) lookAtCall(p *packages.Package, f *function, call *ast.CallExpr) {
	fn, ok := callee(p, call)
	if !ok {
		return
	}
	name := fn.FullName()
	switch {
	case name == awsxAccount+"Secret", name == awsxAccount+"Secrets":
		f.secrets = true
	case name == awsxAccount+"Endpoint":
		f.endpoints = append(f.endpoints, constantText(p, call.Args[0]))
	case strings.HasPrefix(name, dynamoDB) && f.room != "dynamo":
		c.lookAtRead(p, f, call, fn.Name())
	case name == dynamoRoom+".Create":
		f.ask("dynamodb", []string{"PutItem", "GetItem"}, f.tableOf()) // the judge reads what stands
	case strings.HasPrefix(fn.Pkg().Path(), sdk) && fn.Signature().Recv() != nil && f.room != "dynamo":
		c.lookAtSupplier(p, f, call, fn)
	}
}

func callee(p *packages.Package, call *ast.CallExpr) (*types.Func, bool) {
	var id *ast.Ident
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		id = fun
	case *ast.SelectorExpr:
		id = fun.Sel
	default:
		return nil, false
	}
	fn, ok := p.TypesInfo.Uses[id].(*types.Func)
	return fn, ok && fn.Pkg() != nil
}

func (c *code) lookAtRead(p *packages.Package, f *function, call *ast.CallExpr, method string) {
	table := f.tableOf()
	if table == "" {
		if method != "Commit" { // anybody may commit writes that rooms built
			c.oddity(p, call, "dynamo.DB."+method+" outside a room that owns a table")
		}
		return
	}
	switch {
	case reads[method] != "":
		f.ask("dynamodb", []string{reads[method]}, table)
	case method == "Query" && !isLiteral(call.Args[1]):
		c.oddity(p, call, "a query that is not written out where it is asked")
	case method == "Query":
		if index := member(call.Args[1], "IndexName"); index != nil {
			table += "/index/" + constantText(p, index)
		}
		f.ask("dynamodb", []string{"Query"}, table)
	case method != "Commit":
		c.oddity(p, call, "dynamo.DB."+method+" is not known to the permission test")
	}
}

// lookAtWrite notes the change that a composite literal describes: a dynamo.Write with a judge reads what
// stands after a refusal, a types.TransactWriteItem changes it.
func (c *code) lookAtWrite(p *packages.Package, f *function, lit *ast.CompositeLit) {
	t := p.TypesInfo.TypeOf(lit)
	named, ok := t.(*types.Named)
	if !ok || f.room == "dynamo" || named.Obj().Pkg() == nil {
		return
	}
	switch named.Obj().Pkg().Path() + "." + named.Obj().Name() {
	case dynamoRoom + ".Write":
		if judge := member(lit, "Judge"); judge != nil {
			f.ask("dynamodb", []string{"GetItem"}, f.tableOf())
		}
	case sdk + "dynamodb/types.TransactWriteItem":
		for field, action := range map[string]string{"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"} {
			if member(lit, field) != nil {
				f.ask("dynamodb", []string{action}, f.tableOf())
			}
		}
	}
}

// lookAtSupplier notes a call of another service's client.
func (c *code) lookAtSupplier(p *packages.Package, f *function, call *ast.CallExpr, fn *types.Func) {
	service, method := strings.TrimPrefix(fn.Pkg().Path(), sdk), fn.Name()
	if !strings.HasSuffix(fn.Signature().Recv().Type().String(), ".Client") {
		return
	}
	switch service + "." + method {
	case "sns.Publish":
		switch {
		case member(call.Args[1], "PhoneNumber") != nil:
			f.ask("sns", []string{"Publish"}, numbers)
		case member(call.Args[1], "TopicArn") != nil:
			f.ask("sns", []string{"Publish"}, "VoiceTopic")
		default:
			c.oddity(p, call, "a publish that does not say to whom")
		}
	case "sqs.SendMessage", "sqs.SendMessageBatch":
		f.ask("sqs", []string{"SendMessage"}, "NoticeQueue")
		f.ask("sqs", []string{"SendMessage"}, "CaseQueue") // the relay tells them apart by the message
	case "sfn.StartExecution", "sfn.SendTaskSuccess":
		f.ask("states", []string{method}, workflow)
	case "sfn.StopExecution", "sfn.DescribeExecution":
		f.ask("states", []string{method}, executions)
	case "sesv2.SendEmail":
		f.ask("ses", []string{"SendEmail", "SendRawEmail"}, sender)
	case "kms.Sign", "kms.GetPublicKey": // functions sign; who verifies asks for the public key by a command
		f.ask("kms", []string{method}, "AuditKey")
	case "pinpointsmsvoicev2.SendVoiceMessage":
		f.ask("sms-voice", []string{"SendVoiceMessage"}, caller)
	default:
		c.oddity(p, call, service+"."+method+" is not known to the permission test")
	}
}

// What the test knows of package dynamo is all that rooms can use there.
func TestDatabaseCallsAreAllKnown(t *testing.T) {
	known := []string{"Get", "BatchGet", "Query", "Update", "Commit"}
	for name := range readCode(t).functions {
		method, ok := strings.CutPrefix(name, dynamoDB)
		if ok && ast.IsExported(method) && !slices.Contains(known, method) {
			t.Errorf("dynamo.DB.%s is not known to the permission test", method)
		}
	}
	for _, odd := range readCode(t).odd {
		t.Error(odd)
	}
}
