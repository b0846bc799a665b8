package views

import "github.com/rollcall-hr/rollcall/internal/view"

// What is asked for and answered has its shapes in package view, which screens may import.
type (
	AuditQuery     = view.AuditQuery
	AuditRecord    = view.AuditRecord
	ChartNode      = view.ChartNode
	Chart          = view.Chart
	Overview       = view.Overview
	EffectQuery    = view.EffectQuery
	Effect         = view.Effect
	EffectCount    = view.EffectCount
	HeadcountQuery = view.HeadcountQuery
	Month          = view.Month
	GroupRow       = view.GroupRow
	Sort           = view.Sort
	PeopleQuery    = view.PeopleQuery
	PersonRow      = view.PersonRow
	Facet          = view.Facet
	PeopleFacets   = view.PeopleFacets
	PersonBrief    = view.PersonBrief
	PlanQuery      = view.PlanQuery
	PlanSummary    = view.PlanSummary
	AppliedPart    = view.AppliedPart
	OpenPart       = view.OpenPart
	NameTakenError = view.NameTakenError
	Regrouped      = view.Regrouped
	RunQuery       = view.RunQuery
	Page[T any]    = view.Page[T]
	CursorError    = view.CursorError
)

const (
	ByName       = view.ByName
	ByEmail      = view.ByEmail
	ByDepartment = view.ByDepartment
	ByStatus     = view.ByStatus
	ByUpdated    = view.ByUpdated
	PartChanges  = view.PartChanges
	PartHeld     = view.PartHeld
	WaitingAny   = view.WaitingAny
	WaitingNone  = view.WaitingNone
)
